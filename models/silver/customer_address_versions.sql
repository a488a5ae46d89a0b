with one_a_delivery as (

    select *
    from {{ first_rows(ref('stg_customers'), 'customer_id, ingestion_ts', survivor_order()) | indent }}

),

delivered as (

    select
        {{ all_but('customers', ['latitude', 'longitude'], ref('stg_customers')) }},
        case when not {{ is_latitude_impossible('customers.latitude') }} then customers.latitude end as latitude,
        case when not {{ is_longitude_impossible('customers.longitude') }} then customers.longitude end as longitude,
        deliveries.effective_from
    from one_a_delivery as customers
    inner join {{ ref('dimension_deliveries') }} as deliveries
        on deliveries.feed = 'customers' and customers.ingestion_ts = deliveries.ingestion_ts

),

{{ versions_of('customer_id', [
    'address_line1', 'address_line2', 'city', 'state_region', 'postcode', 'country_code', 'latitude', 'longitude'
]) }}

select
    {{ surrogate_key(['customer_id', 'effective_from']) }} as customer_address_key,
    customer_id,
    effective_from,
    address_line1,
    address_line2,
    city,
    state_region,
    postcode,
    country_code,
    latitude,
    longitude,
    ingestion_ts,
    src_filename,
    src_row_hash,
    src_row_number
from versions
