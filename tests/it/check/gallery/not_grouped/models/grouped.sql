select
    customer_id,
    status,  -- HERE
    count(*) as n
from {{ ref('stg_orders') }}
group by customer_id
