select status
from {{ ref('stg_orders') }}
order by 2  -- HERE
