{{ config(materialized='table') }}
-- a semicolon; in a comment
select customer, count(*) as orders, sum(amount) as spent, min(ordered_on) as first_order, ';' as mark
from {{ ref('stg_orders') }}
group by customer;
