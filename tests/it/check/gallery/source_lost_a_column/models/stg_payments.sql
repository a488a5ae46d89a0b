select
    payment_id,
    order_id,
    method,  -- HERE
    paid,
    labels,
    details.country as country
from {{ source('raw', 'payments') }}
