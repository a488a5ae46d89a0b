select
    coalesce(order_id, ordered_at) as x  -- HERE
from {{ ref('stg_orders') }}
