{{ config(severity='warn', store_failures=true) }}
select * from {{ ref('a') }} where id > 7
