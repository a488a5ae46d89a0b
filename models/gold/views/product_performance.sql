with sold as (

    select
        product_key,
        count(distinct order_id) as orders,
        sum(quantity) as units_sold,
        sum(gross_amount_aud) as gross_sales_aud,
        sum(discount_amount_aud) as discount_aud,
        sum(net_amount_aud) as net_sales_aud
    from {{ ref('fct_sales') }}
    group by product_key

),

brought_back as (

    select
        product_key,
        sum(quantity) as units_returned,
        sum(refund_amount_aud) as refunds_aud
    from {{ ref('fct_returns') }}
    group by product_key

),

valued as (

    select
        products.product_key,
        products.sku,
        products.product_name,
        products.category,
        products.subcategory,
        products.product_status,
        products.current_price,
        products.currency,
        coalesce(sold.orders, 0) as orders,
        coalesce(sold.units_sold, 0) as units_sold,
        coalesce(sold.gross_sales_aud, 0) as gross_sales_aud,
        coalesce(sold.discount_aud, 0) as discount_aud,
        coalesce(sold.net_sales_aud, 0) as net_sales_aud,
        coalesce(brought_back.units_returned, 0) as units_returned,
        coalesce(brought_back.refunds_aud, 0) as refunds_aud
    from {{ ref('dim_product') }} as products
    left join sold on products.product_key = sold.product_key
    left join brought_back on products.product_key = brought_back.product_key
    where products.product_key <> {{ unknown_key() }}

),

ranked as (

    select
        *,
        sum(net_sales_aud) over () as all_sales_aud,
        -- What the products that sold better brought in, without this one.
        sum(net_sales_aud) over (
            order by net_sales_aud desc, product_key
            rows between unbounded preceding and current row
        ) - net_sales_aud as better_sales_aud
    from valued

)

select
    sku,
    product_name as product,
    category,
    subcategory,
    product_status as status,
    current_price as list_price,
    currency,
    cast(orders as integer) as orders,
    cast(units_sold as bigint) as units_sold,
    {{ amount('gross_sales_aud') }} as gross_sales_aud,
    {{ amount('discount_aud') }} as discount_aud,
    {{ amount('net_sales_aud') }} as net_sales_aud,
    cast(net_sales_aud as double) / nullif(cast(all_sales_aud as double), 0) as share_of_sales,
    cast(units_returned as bigint) as units_returned,
    {{ amount('refunds_aud') }} as refunds_aud,
    cast(units_returned as double) / nullif(units_sold, 0) as return_rate,
    case
        when {{ is_zero('net_sales_aud') }} then 'C'
        when better_sales_aud < 0.8 * all_sales_aud then 'A'
        when better_sales_aud < 0.95 * all_sales_aud then 'B'
        else 'C'
    end as abc_class
from ranked
