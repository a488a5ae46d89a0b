select
    customer_id  -- HERE
from {{ ref('stg_orders') }} as a
inner join {{ ref('stg_customers') }} as b on a.customer_id = b.customer_id
