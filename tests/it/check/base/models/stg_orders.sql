select
    order_id,
    customer_id,
    amount,
    {{ cents('amount') }} as amount_cents,
    status,
    ordered_at
from {{ ref('orders') }}
