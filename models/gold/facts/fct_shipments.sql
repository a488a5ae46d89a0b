{%- set default_promise = 5 %}

with promises as (

    select * from {{ carrier_promises() }} as listed (carrier_name, promised_days)

),

as_of as (

    select as_of_date from {{ ref('as_of') }}

)

select
    shipments.shipment_id,
    shipments.order_id,
    coalesce({{ date_key('cast(shipments.shipped_at as date)') }}, {{ unknown_key() }}) as shipped_date_key,
    coalesce({{ date_key('cast(shipments.delivered_at as date)') }}, {{ unknown_key() }}) as delivered_date_key,
    coalesce(customers.customer_key, {{ unknown_key() }}) as customer_key,
    coalesce(stores.store_key, {{ unknown_key() }}) as store_key,
    coalesce(shipments.carrier, 'Unknown') as carrier,
    shipments.shipped_at,
    shipments.delivered_at,
    shipments.ship_cost,
    cast(coalesce(promises.promised_days, {{ default_promise }}) as integer) as promised_days,
    -- Days and parts of a day; null while the parcel is on its way, or if the two times contradict each other.
    case
        when shipments.delivered_at >= shipments.shipped_at
            then cast({{ seconds_between('shipments.shipped_at', 'shipments.delivered_at') }} as double) / 86400
    end as delivery_days,
    case
        when shipments.delivered_at >= shipments.shipped_at
            then {{ flag(
                seconds_between('shipments.shipped_at', 'shipments.delivered_at') ~ " <= coalesce(promises.promised_days, "
                ~ default_promise ~ ") * 86400"
            ) }}
    end as is_on_time,
    {{ flag('shipments.delivered_at is null') }} as is_in_transit,
    -- On its way for longer than promised, on the day of reckoning.
    {{ flag(
        "shipments.delivered_at is null and " ~ days_between('cast(shipments.shipped_at as date)', 'as_of.as_of_date') ~ " > coalesce(promises.promised_days, "
        ~ default_promise ~ ")"
    ) }} as is_overdue,
    {{ flag('orders.order_id is null') }} as is_order_missing,
    shipments.ingestion_ts
from {{ ref('shipments') }} as shipments
cross join as_of
left join promises on lower(shipments.carrier) = promises.carrier_name
left join {{ ref('orders') }} as orders on shipments.order_id = orders.order_id
left join {{ ref('customers') }} as customers on orders.customer_id = customers.customer_id
left join {{ ref('stores') }} as stores on orders.store_id = stores.store_id
