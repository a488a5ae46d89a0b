{{ config(materialized='incremental', incremental_strategy='delete+insert', unique_key=['order_id', 'line_number']) }}

with
{%- if is_incremental() %}

changed_orders as (

    -- A new or corrected header or line,
    select order_id
    from {{ ref('orders') }}
    where ingestion_ts > {{ newest_ingestion() }}
    union
    select order_id
    from {{ ref('order_lines') }}
    where ingestion_ts > {{ newest_ingestion() }}
    union
    -- an order that lacked something which may have come since,
    select order_id
    from {{ this }}
    where
        {{ unknown_key() }} in (customer_key, product_key, store_key)
        or is_header_missing = 1
        or exchange_rate_to_aud is null
    union
    -- or one whose day has another exchange rate now.
    select sales.order_id
    from {{ this }} as sales
    inner join {{ ref('exchange_rates') }} as rates
        on sales.order_date = rates.rate_date and sales.currency = rates.currency
    where sales.exchange_rate_to_aud <> rates.rate_to_aud

),
{%- endif %}

lines as (

    select *
    from {{ ref('order_lines') }}
    {%- if is_incremental() %}
    where order_id in (select order_id from changed_orders)
    {%- endif %}

),

joined as (

    select
        lines.*,
        orders.order_id is null as header_missing,
        orders.order_ts,
        -- A line whose header was rejected keeps the day of its folder.
        coalesce(orders.order_date, lines.delivery_date) as order_date,
        orders.channel,
        orders.payment_method,
        orders.coupon_code,
        orders.currency,
        customers.customer_key,
        stores.store_key,
        rates.rate_to_aud,
        greatest(lines.ingestion_ts, orders.ingestion_ts) as newest_ingestion_ts
    from lines
    left join {{ ref('orders') }} as orders on lines.order_id = orders.order_id
    left join {{ ref('customers') }} as customers on orders.customer_id = customers.customer_id
    left join {{ ref('stores') }} as stores on orders.store_id = stores.store_id
    left join {{ ref('exchange_rates') }} as rates
        on orders.order_date = rates.rate_date and orders.currency = rates.currency

),

valued as (

    select
        *,
        cast(coalesce(rate_to_aud, case when currency = 'AUD' then 1 end) as decimal(18, 8)) as exchange_rate
    from joined

)

select
    order_id,
    line_number,
    {{ date_key('order_date') }} as date_key,
    coalesce(customer_key, {{ unknown_key() }}) as customer_key,
    coalesce(dim_product.product_key, {{ unknown_key() }}) as product_key,
    coalesce(store_key, {{ unknown_key() }}) as store_key,
    order_date,
    order_ts,
    coalesce(channel, 'unknown') as channel,
    coalesce(payment_method, 'unknown') as payment_method,
    coupon_code,
    valued.currency,
    exchange_rate as exchange_rate_to_aud,
    case when is_excluded = 0 then quantity else 0 end as quantity,
    unit_price,
    gross_amount,
    discount_amount,
    net_amount,
    tax_amount,
    {{ amount_product('gross_amount', 'exchange_rate') }} as gross_amount_aud,
    {{ amount_product('discount_amount', 'exchange_rate') }} as discount_amount_aud,
    {{ amount_product('net_amount', 'exchange_rate') }} as net_amount_aud,
    {{ amount_product('tax_amount', 'exchange_rate') }} as tax_amount_aud,
    is_excluded,
    {{ flag('header_missing') }} as is_header_missing,
    newest_ingestion_ts as ingestion_ts
from valued
left join {{ ref('dim_product') }} as dim_product on valued.product_id = dim_product.product_id
