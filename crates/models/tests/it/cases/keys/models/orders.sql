{{ config(materialized='table') }}
select 10 as id, id as customer_id, 5.50::decimal(10,2) as total from {{ ref('customers') }}
