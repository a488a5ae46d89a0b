select
    id as client_id,
    name,
    lower(email) as email,
    joined
from {{ ref('customers') }}
