select order_id, {{ function('half') }}(amount) as half_amount from {{ ref('stg_orders') }}
