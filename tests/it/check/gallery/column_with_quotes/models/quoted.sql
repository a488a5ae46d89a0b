select
    "order id"  -- HERE
from {{ ref('stg_orders') }}
