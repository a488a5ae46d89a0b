select *
from {{ ref('stg_customers') }}
where customer_id in (
    select client_id  -- HERE
    from {{ ref('stg_orders') }}
    where amount > 0
)
