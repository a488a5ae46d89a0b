with sold as (

    select
        store_key,
        count(distinct order_id) as orders,
        sum(quantity) as units,
        sum(net_amount_aud) as net_sales_aud
    from {{ ref('fct_sales') }}
    group by store_key

),

by_shelf as (

    select
        store_key,
        shelf_id,
        sum(reading_count) as readings,
        sum(temperature_anomaly_count + humidity_anomaly_count) as anomalies,
        min(min_temperature_c) as lowest_temperature_c,
        max(max_temperature_c) as highest_temperature_c,
        max(reading_hour) as last_reading,
        max_by(min_battery_mv, reading_hour) as newest_battery_mv
    from {{ ref('fct_sensor_readings') }}
    group by store_key, shelf_id

),

measured as (

    select
        store_key,
        count(*) as shelves_with_sensor,
        sum(readings) as readings,
        sum(anomalies) as anomalies,
        min(lowest_temperature_c) as lowest_temperature_c,
        max(highest_temperature_c) as highest_temperature_c,
        max(last_reading) as last_reading,
        min(newest_battery_mv) as weakest_battery_mv
    from by_shelf
    group by store_key

)

select
    stores.store_code as store,
    stores.store_name,
    stores.channel,
    stores.region,
    stores.state,
    stores.operational_status as status,
    stores.size_category as size,
    stores.age_years,
    cast(coalesce(sold.orders, 0) as integer) as orders,
    cast(coalesce(sold.units, 0) as bigint) as units,
    {{ amount('coalesce(sold.net_sales_aud, 0)') }} as net_sales_aud,
    cast(coalesce(measured.shelves_with_sensor, 0) as integer) as shelves_with_sensor,
    cast(coalesce(measured.readings, 0) as bigint) as sensor_readings,
    cast(coalesce(measured.anomalies, 0) as bigint) as sensor_anomalies,
    cast(measured.anomalies as double) / measured.readings as sensor_anomaly_rate,
    measured.lowest_temperature_c,
    measured.highest_temperature_c,
    measured.weakest_battery_mv,
    measured.last_reading as last_sensor_reading
from {{ ref('dim_store') }} as stores
left join sold on stores.store_key = sold.store_key
left join measured on stores.store_key = measured.store_key
where stores.store_key <> {{ unknown_key() }}
