{{ config(materialized='table') }}
select count(*) as n, '{{ target.name }}' as target, '{{ var("said", "nothing") }}' as said from {{ ref('first') }}
{{ "where error('broken')" if var('broken', false) }}
