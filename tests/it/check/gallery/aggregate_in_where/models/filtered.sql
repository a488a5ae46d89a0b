select customer_id
from {{ ref('stg_orders') }}
where sum(amount) > 1  -- HERE
