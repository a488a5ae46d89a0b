select
    payment_id,
    order_id,
    method,
    paid,
    labels,
    details.land as country  -- HERE
from {{ source('raw', 'payments') }}
