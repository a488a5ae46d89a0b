-- HERE
{{ config(materialized='incremental', unique_key='customer_id') }}

select
    customers.customer_id,
    customers.name,
    count(*) as orders,
    sum(totals.amount) as amount
from {{ ref('stg_customers') }} as customers
inner join {{ ref('order_totals') }} as totals on customers.customer_id = totals.customer_id
{% if is_incremental() %}
where customers.customer_id not in (select customer_id from {{ this }})
{% endif %}
group by customers.customer_id, customers.name
