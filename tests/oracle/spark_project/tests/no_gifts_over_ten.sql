{{ config(severity='warn', store_failures=true) }}
select * from {{ ref('stg_orders') }} where is_gift and amount > 10
