select
    * replace (0 as amounts)  -- HERE
from {{ ref('stg_orders') }}
