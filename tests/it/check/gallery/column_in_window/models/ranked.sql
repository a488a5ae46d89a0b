select
    order_id,
    row_number() over (
        partition by customer_id
        order by orderd_at  -- HERE
    ) as place
from {{ ref('stg_orders') }}
