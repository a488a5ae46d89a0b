select
    order_id,
    case when amount > 1 then ordered_at else amount end as x  -- HERE
from {{ ref('stg_orders') }}
