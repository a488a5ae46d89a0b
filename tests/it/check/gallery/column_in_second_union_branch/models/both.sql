select customer_id from {{ ref('stg_orders') }}
union all
select custmer_id  -- HERE
from {{ ref('stg_customers') }}
