select order_id
from {{ ref('stg_orders') }}
where ammount < 0  -- HERE
