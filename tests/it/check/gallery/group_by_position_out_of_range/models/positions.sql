select status
from {{ ref('stg_orders') }}
group by 3  -- HERE
