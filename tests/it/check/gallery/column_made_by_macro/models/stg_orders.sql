select
    order_id,
    customer_id,
    amount,
    {{ cents('amuont') }} as amount_cents,  -- HERE
    status,
    ordered_at
from {{ ref('orders') }}
