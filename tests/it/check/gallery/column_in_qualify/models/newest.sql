select *
from {{ ref('stg_orders') }}
qualify row_number() over (partition by customer order by ordered_at) = 1  -- HERE
