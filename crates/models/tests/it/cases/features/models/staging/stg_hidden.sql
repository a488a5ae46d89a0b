{{ config(group='finance', access='private') }}
select id from {{ ref('stg_kinds') }}
