select
    sum(status) as total  -- HERE
from {{ ref('stg_orders') }}
