select
    order_id,
    to_char(ordered_at, 'YYYY') as year  -- HERE
from {{ ref('stg_orders') }}
