select
    coalesce(amount, 0 as amount  -- HERE
from {{ ref('stg_orders') }}
