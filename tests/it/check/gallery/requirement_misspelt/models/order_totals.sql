-- HERE
with paid as (

    select
        order_id,
        sum(paid) as paid
    from {{ ref('stg_payments') }}
    group by order_id

)

select
    orders.order_id,
    orders.customer_id,
    orders.amount,
    {{ flag('paid.paid >= orders.amount') }} as is_paid
from {{ ref('stg_orders') }} as orders
left join paid using (order_id)
