select
    order_id,
    case
        when status = 'paid' then 1
        when state = 'open' then 2  -- HERE
    end as place
from {{ ref('stg_orders') }}
