select
    order_id,
    customer_id,
    amount,
    {{ cents('amount') }} as amount_cents,
    ordered_at
from {{ ref('orders') }}
