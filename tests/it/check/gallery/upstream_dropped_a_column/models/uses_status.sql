select
    order_id,
    status  -- HERE
from {{ ref('stg_orders') }}
