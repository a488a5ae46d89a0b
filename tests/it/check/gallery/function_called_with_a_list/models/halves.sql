select
    order_id,
    {{ function('half') }}([amount]) as half_amount -- HERE
from {{ ref('stg_orders') }}
