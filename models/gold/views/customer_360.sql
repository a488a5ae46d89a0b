with bought as (

    select
        customer_key,
        count(distinct order_id) as orders,
        sum(quantity) as units,
        sum(net_amount_aud) as net_sales_aud,
        sum(discount_amount_aud) as discount_aud
    from {{ ref('fct_sales') }}
    group by customer_key

),

brought_back as (

    select
        customer_key,
        count(*) as returns,
        sum(refund_amount_aud) as refunds_aud
    from {{ ref('fct_returns') }}
    group by customer_key

),

shipped as (

    select
        customer_key,
        count(*) as parcels,
        count(*) filter (where is_on_time = 0) as late_parcels
    from {{ ref('fct_shipments') }}
    group by customer_key

)

select
    customers.customer_code as customer,
    customers.full_name as customer_name,
    customers.city,
    customers.state_region as state,
    customers.country_code as country,
    customers.age,
    customers.segment,
    case customers.is_vip when 1 then 'Yes' else 'No' end as vip,
    customers.join_date as joined,
    customers.lifetime_days,
    customers.first_order_date as first_order,
    customers.last_order_date as last_order,
    cast({{ days_between('customers.last_order_date', 'as_of.as_of_date') }} as integer) as days_since_last_order,
    cast(coalesce(bought.orders, 0) as integer) as orders,
    cast(coalesce(bought.units, 0) as bigint) as units,
    {{ amount('coalesce(bought.net_sales_aud, 0)') }} as lifetime_value_aud,
    cast(bought.net_sales_aud as double) / bought.orders as average_order_value_aud,
    {{ amount('coalesce(bought.discount_aud, 0)') }} as discount_aud,
    cast(coalesce(brought_back.returns, 0) as integer) as returns,
    {{ amount('coalesce(brought_back.refunds_aud, 0)') }} as refunds_aud,
    cast(coalesce(shipped.parcels, 0) as integer) as parcels,
    cast(coalesce(shipped.late_parcels, 0) as integer) as late_parcels
from {{ ref('dim_customer') }} as customers
cross join {{ ref('as_of') }} as as_of
left join bought on customers.customer_key = bought.customer_key
left join brought_back on customers.customer_key = brought_back.customer_key
left join shipped on customers.customer_key = shipped.customer_key
where customers.customer_key <> {{ unknown_key() }}
