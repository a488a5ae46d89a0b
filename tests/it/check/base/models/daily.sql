select
    cast(ordered_at as date) as day,
    count(*) as orders
from {{ ref('stg_orders') }}
group by 1
