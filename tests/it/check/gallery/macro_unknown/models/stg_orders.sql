select
    order_id,
    customer_id,
    amount,
    {{ cent('amount') }} as amount_cents,  -- HERE
    status,
    ordered_at
from {{ ref('orders') }}
