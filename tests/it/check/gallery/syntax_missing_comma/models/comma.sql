select
    order_id
    customer_id
    amount  -- HERE
from {{ ref('stg_orders') }}
