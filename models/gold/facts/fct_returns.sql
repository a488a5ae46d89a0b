with

-- A return names an order and a product, not a line. An order may have a product on several lines; what one unit
-- brought in is their average.
sold as (

    select
        order_id,
        product_key,
        sum(quantity) as quantity,
        sum(net_amount_aud) as net_amount_aud
    from {{ ref('fct_sales') }}
    group by order_id, product_key

)

select
    returns.return_id,
    returns.order_id,
    coalesce({{ date_key('cast(returns.return_ts as date)') }}, {{ unknown_key() }}) as date_key,
    coalesce(customers.customer_key, {{ unknown_key() }}) as customer_key,
    coalesce(products.product_key, {{ unknown_key() }}) as product_key,
    coalesce(products.product_version_key, {{ unknown_key() }}) as product_version_key,
    coalesce(stores.store_key, {{ unknown_key() }}) as store_key,
    returns.return_ts,
    coalesce(returns.reason, 'unknown') as reason,
    returns.return_reason_code,
    case when returns.is_quantity_invalid = 0 then returns.quantity else 0 end as quantity,
    case
        when returns.is_quantity_invalid = 0 and sold.quantity > 0
            then {{ amount('sold.net_amount_aud / cast(sold.quantity as double) * returns.quantity') }}
    end as refund_amount_aud,
    cast({{ days_between('orders.order_date', 'cast(returns.return_ts as date)') }} as integer) as days_after_order,
    {{ flag('orders.order_id is null') }} as is_order_missing,
    returns.ingestion_ts
from {{ ref('returns') }} as returns
left join {{ ref('orders') }} as orders on returns.order_id = orders.order_id
left join {{ ref('customers') }} as customers on orders.customer_id = customers.customer_id
left join {{ ref('stores') }} as stores on orders.store_id = stores.store_id
-- The version that was sold; of a return without its order, the one of the day of the return.
left join {{ ref('dim_product_scd') }} as products
    on
        returns.product_id = products.product_id
        and coalesce(orders.order_date, cast(returns.return_ts as date), date '{{ end_of_time() }}') between products.valid_from and products.valid_to
left join sold on returns.order_id = sold.order_id and products.product_key = sold.product_key
where not returns.is_deleted
