select
    customers.customer_code,
    customers.segment,
    count(distinct sales.order_id) as orders,
    sum(sales.net_amount_aud) as lifetime_value_aud
from {{ ref('fct_sales') }} as sales
inner join {{ ref('dim_customer') }} as customers on sales.customer_key = customers.customer_key
where sales.customer_key <> {{ unknown_key() }}
group by customers.customer_code, customers.segment
order by lifetime_value_aud desc nulls last, customers.customer_code
limit 100
