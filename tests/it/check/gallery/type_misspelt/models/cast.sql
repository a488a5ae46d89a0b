select
    cast(amount as decimall) as amount  -- HERE
from {{ ref('stg_orders') }}
