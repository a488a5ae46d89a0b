select
    customer_id,
    averag(amount) as mean  -- HERE
from {{ ref('stg_orders') }}
group by customer_id
