select
    cast(ordered_at as date) as day,
    count(*) as n  -- HERE
from {{ ref('stg_orders') }}
group by 1
