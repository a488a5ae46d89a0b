select
    order_id,
    customer_id,
    amount,
    {{ cents('amount') }} as amount_cents,
    statsu,  -- HERE
    ordered_at
from {{ ref('orders') }}
