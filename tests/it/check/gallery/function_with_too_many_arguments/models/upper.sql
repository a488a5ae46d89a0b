select
    upper(status, 1) as status  -- HERE
from {{ ref('stg_orders') }}
