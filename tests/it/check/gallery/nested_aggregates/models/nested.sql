select
    sum(max(amount)) as x  -- HERE
from {{ ref('stg_orders') }}
