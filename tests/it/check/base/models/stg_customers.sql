select
    id as customer_id,
    name,
    lower(email) as email,
    joined
from {{ ref('customers') }}
