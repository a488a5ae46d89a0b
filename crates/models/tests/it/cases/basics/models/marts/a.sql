{{ config(tags='inner') }}
select *, {{ double('id') }} as twice, '{{ var("mark") }}' as mark from {{ ref('stg_a') }}
{# the end #}
