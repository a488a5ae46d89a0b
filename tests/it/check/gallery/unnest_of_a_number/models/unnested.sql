select
    unnest(order_id) as x  -- HERE
from {{ ref('stg_orders') }}
