{{ config(materialized='incremental', incremental_strategy=replacing_rows(), unique_key=['order_id', 'line_number'], on_schema_change='fail') }}

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
    -- an order whose header has come since its lines, or whose customer or store has become known or bears another key,
    select sales.order_id
    from {{ this }} as sales
    inner join {{ ref('orders') }} as orders on sales.order_id = orders.order_id
    left join {{ ref('customers') }} as customers on orders.customer_id = customers.customer_id
    left join {{ ref('stores') }} as stores on orders.store_id = stores.store_id
    where
        sales.is_header_missing = 1
        or sales.customer_key <> coalesce(customers.customer_key, {{ unknown_key() }})
        or sales.store_key <> coalesce(stores.store_key, {{ unknown_key() }})
    union
    -- one with a product that has become known,
    select sales.order_id
    from {{ this }} as sales
    inner join {{ ref('order_lines') }} as lines
        on sales.order_id = lines.order_id and sales.line_number = lines.line_number
    where sales.product_key = {{ unknown_key() }} and lines.product_id is not null and lines.is_unknown_product = 0
    union
    -- or that had another version on the day of the sale, as is known now,
    select sales.order_id
    from {{ this }} as sales
    inner join {{ ref('dim_product_scd') }} as versions
        on
            sales.product_key = versions.product_key
            and sales.order_date between versions.valid_from and versions.valid_to
    where sales.product_version_key <> versions.product_version_key
    union
    -- or one whose day has another exchange rate now.
    select sales.order_id
    from {{ this }} as sales
    inner join {{ ref('exchange_rates') }} as rates
        on sales.order_date = rates.rate_date and sales.currency = rates.currency
    where sales.exchange_rate_to_aud is distinct from rates.rate_to_aud

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
    coalesce(versions.product_key, {{ unknown_key() }}) as product_key,
    coalesce(versions.product_version_key, {{ unknown_key() }}) as product_version_key,
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
left join {{ ref('dim_product_scd') }} as versions
    on valued.product_id = versions.product_id and valued.order_date between versions.valid_from and versions.valid_to
