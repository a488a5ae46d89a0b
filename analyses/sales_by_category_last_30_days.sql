select
    products.category,
    sum(sales.quantity) as quantity,
    sum(sales.net_amount_aud) as net_amount_aud
from {{ ref('fct_sales') }} as sales
inner join {{ ref('dim_product') }} as products on sales.product_key = products.product_key
where sales.order_date > (select as_of_date - 30 from {{ ref('as_of') }})
group by products.category
order by net_amount_aud desc nulls last, products.category
