select
    order_id,
    {{ to_utc('order_ts') }} as order_ts,
    order_dt_local as order_date,
    -- The folder in which the row was delivered, which for a misplaced row is not the day of the order.
    cast(order_dt as date) as delivery_date,
    customer_id,
    store_id,
    lower({{ clean_text('channel') }}) as channel,
    lower({{ clean_text('payment_method') }}) as payment_method,
    upper({{ clean_text('coupon_code') }}) as coupon_code,
    shipping_fee,
    upper({{ clean_text('currency') }}) as currency,
    {{ audit_columns() }}
from {{ source('bronze', 'orders_header') }}
