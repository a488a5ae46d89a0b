{{ config(materialized='twice') }}
select x, '{% call wrap() %}in{% endcall %}' as w from {{ ref('a') }}
