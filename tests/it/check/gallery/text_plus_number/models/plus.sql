select
    order_id,
    status + 1 as next  -- HERE
from {{ ref('stg_orders') }}
