select
    order_id,
    customer_id,
    cast(amount as varchar) as amount,
    {{ cents('amount') }} as amount_cents,
    status,
    ordered_at
from {{ ref('orders') }}
