select
    order_id,
    (select customer_id, name from {{ ref('stg_customers') }}) as x  -- HERE
from {{ ref('stg_orders') }}
