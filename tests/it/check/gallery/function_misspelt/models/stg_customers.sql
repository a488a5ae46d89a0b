select
    id as customer_id,
    name,
    lowr(email) as email,  -- HERE
    joined
from {{ ref('customers') }}
