select order_id
from {{ ref('stg_orders') }}
where ordered_at > 20240101  -- HERE
