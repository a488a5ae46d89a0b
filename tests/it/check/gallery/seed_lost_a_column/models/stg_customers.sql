select
    id as customer_id,
    name,
    lower(email) as email,  -- HERE
    joined
from {{ ref('customers') }}
