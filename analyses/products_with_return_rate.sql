with sold as (

    select product_key, sum(quantity) as quantity
    from {{ ref('fct_sales') }}
    group by product_key

),

returned as (

    select product_key, sum(quantity) as quantity
    from {{ ref('fct_returns') }}
    group by product_key

)

select
    products.sku,
    products.product_name,
    products.category,
    sold.quantity as units_sold,
    coalesce(returned.quantity, 0) as units_returned,
    cast(coalesce(returned.quantity, 0) as double) / nullif(sold.quantity, 0) as return_rate
from sold
inner join {{ ref('dim_product') }} as products on sold.product_key = products.product_key
left join returned on sold.product_key = returned.product_key
order by return_rate desc nulls last, products.sku
limit 100
