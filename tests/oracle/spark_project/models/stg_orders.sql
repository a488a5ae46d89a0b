{{ config(materialized='view') }}
select order_id, upper(customer) as customer, amount, ordered_on, paid_at, is_gift, note
from {{ ref('raw_orders') }}
