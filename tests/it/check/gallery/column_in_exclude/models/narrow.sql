select
    * exclude (state)  -- HERE
from {{ ref('stg_orders') }}
