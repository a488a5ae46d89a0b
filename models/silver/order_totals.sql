{{ config(materialized='view') }}

with amounts as (

    select
        order_id,
        count(*) filter (where is_excluded = 0) as line_count,
        sum(quantity) filter (where is_excluded = 0) as quantity,
        sum(gross_amount) as gross_amount,
        sum(discount_amount) as discount_amount,
        sum(net_amount) as net_amount,
        sum(tax_amount) as tax_amount
    from {{ ref('order_lines') }}
    group by order_id

),

totals as (

    select
        orders.order_id,
        orders.order_date,
        orders.customer_id,
        orders.store_id,
        orders.currency,
        cast(coalesce(rates.rate_to_aud, case when orders.currency = 'AUD' then 1 end) as decimal(18, 8)) as exchange_rate_to_aud,
        cast(coalesce(amounts.line_count, 0) as integer) as line_count,
        cast(coalesce(amounts.quantity, 0) as bigint) as quantity,
        {{ amount('coalesce(amounts.gross_amount, 0)') }} as gross_amount,
        {{ amount('coalesce(amounts.discount_amount, 0)') }} as discount_amount,
        {{ amount('coalesce(amounts.net_amount, 0)') }} as net_amount,
        {{ amount('coalesce(amounts.tax_amount, 0)') }} as tax_amount,
        {{ amount('coalesce(orders.shipping_fee, 0)') }} as shipping_fee
    from {{ ref('orders') }} as orders
    left join amounts on orders.order_id = amounts.order_id
    left join {{ ref('exchange_rates') }} as rates
        on orders.order_date = rates.rate_date and orders.currency = rates.currency

)

select
    *,
    {{ amount('net_amount + tax_amount + shipping_fee') }} as total_amount,
    {{ amount_product('net_amount + tax_amount + shipping_fee', 'exchange_rate_to_aud') }} as total_amount_aud
from totals
