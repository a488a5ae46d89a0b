select
    order_id,
    totl  -- HERE
from {{ ref('half') }}
