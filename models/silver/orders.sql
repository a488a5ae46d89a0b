{{ config(materialized='incremental', incremental_strategy=replacing_rows(), unique_key='order_id') }}

with delivered as (

    select *
    from {{ ref('stg_orders_header') }}
    {%- if is_incremental() %}
    -- Orders of which something new has come, and those whose customer or store has come since.
    -- Every row of such an order is looked at again, old deliveries too.
    where order_id in (
        select order_id
        from {{ ref('stg_orders_header') }}
        where ingestion_ts > {{ newest_ingestion() }}
        union
        select orders.order_id
        from {{ this }} as orders
        inner join {{ ref('customers') }} as customers on orders.customer_id = customers.customer_id
        where orders.is_unknown_customer = 1
        union
        select orders.order_id
        from {{ this }} as orders
        inner join {{ ref('stores') }} as stores on orders.store_id = stores.store_id
        where orders.is_unknown_store = 1
    )
    {%- endif %}

),

-- An order that came in two files: the one in the folder of its own day is the true one.
{{ survivors_of(['order_id'], preference='case when delivery_date = order_date then 0 else 1 end') }}

select
    survivors.order_id,
    survivors.order_ts,
    survivors.order_date,
    survivors.customer_id,
    survivors.store_id,
    survivors.channel,
    survivors.payment_method,
    survivors.coupon_code,
    survivors.shipping_fee,
    survivors.currency,
    {{ flag('survivors.customer_id is not null and customers.customer_id is null') }} as is_unknown_customer,
    {{ flag('survivors.store_id is not null and stores.store_id is null') }} as is_unknown_store,
    survivors.delivered_rows,
    survivors.ingestion_ts,
    survivors.src_filename,
    survivors.src_row_hash,
    survivors.src_row_number
from survivors
left join {{ ref('customers') }} as customers on survivors.customer_id = customers.customer_id
left join {{ ref('stores') }} as stores on survivors.store_id = stores.store_id
