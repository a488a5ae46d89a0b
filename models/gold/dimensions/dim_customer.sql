with as_of as (

    select as_of_date from {{ ref('as_of') }}

),

orders_by_customer as (

    -- Through the surrogate key: what was ordered under a duplicate number counts for the survivor.
    select
        customers.customer_key,
        count(*) as order_count,
        min(orders.order_date) as first_order_date,
        max(orders.order_date) as last_order_date
    from {{ ref('orders') }} as orders
    inner join {{ ref('customers') }} as customers on orders.customer_id = customers.customer_id
    group by customers.customer_key

),

members as (

    select
        customers.*,
        cast(customers.join_ts as date) as join_date,
        as_of.as_of_date,
        coalesce(orders_by_customer.order_count, 0) as order_count,
        orders_by_customer.first_order_date,
        orders_by_customer.last_order_date,
        {{ days_between('orders_by_customer.last_order_date', 'as_of.as_of_date') }} as days_since_order
    from {{ ref('customers') }} as customers
    cross join as_of
    left join orders_by_customer on customers.customer_key = orders_by_customer.customer_key
    where customers.is_survivor = 1

)

select
    customer_key,
    customer_id,
    natural_key as customer_code,
    -- Without consent: no name, the email as a hash, two digits of the phone, the address down to the city.
    case when gdpr_consent then first_name end as first_name,
    case when gdpr_consent then last_name end as last_name,
    case when gdpr_consent then concat_ws(' ', first_name, last_name) else 'Withheld' end as full_name,
    case when gdpr_consent then email else {{ sha256_of('email') }} end as email,
    case
        when gdpr_consent then phone
        when length(phone) > 5 then repeat('*', length(phone) - 2) || right(phone, 2)
        else repeat('*', length(phone))
    end as phone,
    case when gdpr_consent then address_line1 end as address_line1,
    case when gdpr_consent then address_line2 end as address_line2,
    city,
    state_region,
    case when gdpr_consent then postcode end as postcode,
    country_code,
    case when gdpr_consent then latitude end as latitude,
    case when gdpr_consent then longitude end as longitude,
    case when gdpr_consent then birth_date end as birth_date,
    cast({{ years_between('birth_date', 'as_of_date') }} as integer) as age,
    join_date,
    cast({{ days_between('join_date', 'as_of_date') }} as integer) as lifetime_days,
    first_order_date,
    last_order_date,
    cast(order_count as integer) as order_count,
    case
        when order_count = 0 then 'Prospect'
        when is_vip then 'VIP'
        when days_since_order > 365 then 'Lapsed'
        when days_since_order > 180 then 'At risk'
        when {{ days_between('first_order_date', 'as_of_date') }} <= 90 then 'New'
        when order_count >= 10 then 'Loyal'
        else 'Active'
    end as segment,
    {{ flag('is_vip') }} as is_vip,
    {{ flag('gdpr_consent') }} as has_gdpr_consent,
    is_email_malformed
from members

{% call union_all_by_name([
    'customer_key', 'customer_id', 'customer_code', 'first_name', 'last_name', 'full_name', 'email', 'phone',
    'address_line1', 'address_line2', 'city', 'state_region', 'postcode', 'country_code', 'latitude', 'longitude',
    'birth_date', 'age', 'join_date', 'lifetime_days', 'first_order_date', 'last_order_date', 'order_count',
    'segment', 'is_vip', 'has_gdpr_consent', 'is_email_malformed'
]) -%}
select
    cast({{ unknown_key() }} as bigint) as customer_key,
    cast({{ unknown_key() }} as bigint) as customer_id,
    'Unknown' as customer_code,
    'Unknown' as full_name,
    'Unknown' as city,
    'Unknown' as state_region,
    'Unknown' as country_code,
    'Unknown' as segment,
    cast(0 as integer) as order_count,
    cast(0 as integer) as is_vip,
    cast(0 as integer) as has_gdpr_consent,
    cast(0 as integer) as is_email_malformed
{%- endcall %}
