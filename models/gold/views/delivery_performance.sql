select
    shipments.shipment_id as shipment_number,
    shipments.order_id as order_number,
    shipments.carrier,
    customers.customer_code as customer,
    customers.city as customer_city,
    customers.country_code as customer_country,
    stores.store_code as store,
    stores.store_name,
    stores.region as store_region,
    shipments.shipped_at as shipped,
    shipments.delivered_at as delivered,
    shipped_on.month_label as shipped_month,
    shipments.promised_days,
    shipments.delivery_days,
    case
        when shipments.is_overdue = 1 then 'Overdue'
        when shipments.is_in_transit = 1 then 'In transit'
        when shipments.is_on_time = 1 then 'On time'
        when shipments.is_on_time = 0 then 'Late'
        else 'Unclear'
    end as delivery_status,
    shipments.ship_cost as shipping_cost
from {{ ref('fct_shipments') }} as shipments
inner join {{ ref('dim_date') }} as shipped_on on shipments.shipped_date_key = shipped_on.date_key
inner join {{ ref('dim_customer') }} as customers on shipments.customer_key = customers.customer_key
inner join {{ ref('dim_store') }} as stores on shipments.store_key = stores.store_key
