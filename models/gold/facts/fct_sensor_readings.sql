{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key=['store_id', 'shelf_id', 'reading_hour'],
    on_schema_change='fail'
) }}

with
{%- if is_incremental() %}

touched as (

    -- Shelves with readings that are new, from the first hour of these on. Later hours look back at them,
    select
        store_id,
        shelf_id,
        min(date_trunc('hour', sensor_ts)) as first_hour
    from {{ ref('sensors') }}
    where ingestion_ts > {{ newest_ingestion() }}
    group by store_id, shelf_id
    union all
    -- and shelves of a store that has become known, or bears another key now.
    select
        readings.store_id,
        readings.shelf_id,
        min(readings.reading_hour) as first_hour
    from {{ this }} as readings
    inner join {{ ref('stores') }} as stores on readings.store_id = stores.store_id
    where readings.store_key <> stores.store_key
    group by readings.store_id, readings.shelf_id

),

changed as (

    select
        store_id,
        shelf_id,
        min(first_hour) as first_hour
    from touched
    group by store_id, shelf_id

),
{%- endif %}

readings as (

    select
        sensors.store_id,
        sensors.shelf_id,
        date_trunc('hour', sensors.sensor_ts) as reading_hour,
        case when sensors.is_temperature_out_of_range = 0 then sensors.temperature_c end as temperature_c,
        case when sensors.is_humidity_out_of_range = 0 then sensors.humidity_pct end as humidity_pct,
        sensors.battery_mv,
        sensors.is_temperature_out_of_range,
        sensors.is_humidity_out_of_range,
        sensors.ingestion_ts
    from {{ ref('sensors') }} as sensors
    {%- if is_incremental() %}
    inner join changed using (store_id, shelf_id)
    where sensors.sensor_ts >= changed.first_hour - interval 23 hours
    {%- endif %}

),

hours as (

    -- Sums are of hundredths, whole numbers in a DOUBLE: exact, in whichever order they are added.
    select
        store_id,
        shelf_id,
        reading_hour,
        cast(count(*) as integer) as reading_count,
        cast(count(temperature_c) as double) as temperature_count,
        sum(cast(temperature_c * 100 as double)) as temperature_sum,
        sum(cast(temperature_c * 100 as double) * cast(temperature_c * 100 as double)) as temperature_squares,
        min(temperature_c) as min_temperature_c,
        max(temperature_c) as max_temperature_c,
        cast(sum(cast(humidity_pct * 100 as double)) / count(humidity_pct) / 100 as decimal(9, 4)) as avg_humidity_pct,
        min(humidity_pct) as min_humidity_pct,
        max(humidity_pct) as max_humidity_pct,
        min(battery_mv) as min_battery_mv,
        cast(sum(is_temperature_out_of_range) as integer) as temperature_anomaly_count,
        cast(sum(is_humidity_out_of_range) as integer) as humidity_anomaly_count,
        max(ingestion_ts) as ingestion_ts
    from readings
    group by store_id, shelf_id, reading_hour

),

rolling as (

    select
        *,
        sum(temperature_count) over day_before as day_count,
        sum(temperature_sum) over day_before as day_sum,
        sum(temperature_squares) over day_before as day_squares
    from hours
    window day_before as (
        partition by store_id, shelf_id
        order by reading_hour
        range between interval 23 hours preceding and current row
    )

)

select
    rolling.store_id,
    rolling.shelf_id,
    rolling.reading_hour,
    {{ date_key('rolling.reading_hour') }} as date_key,
    coalesce(stores.store_key, {{ unknown_key() }}) as store_key,
    rolling.reading_count,
    cast(rolling.temperature_sum / rolling.temperature_count / 100 as decimal(9, 4)) as avg_temperature_c,
    rolling.min_temperature_c,
    rolling.max_temperature_c,
    rolling.avg_humidity_pct,
    rolling.min_humidity_pct,
    rolling.max_humidity_pct,
    rolling.min_battery_mv,
    rolling.temperature_anomaly_count,
    rolling.humidity_anomaly_count,
    cast(rolling.day_sum / nullif(rolling.day_count, 0) / 100 as decimal(9, 4)) as rolling_24h_avg_temperature_c,
    -- The variance is the mean of the squares less the square of the mean.
    cast(sqrt(greatest(
        rolling.day_squares / nullif(rolling.day_count, 0)
        - (rolling.day_sum / nullif(rolling.day_count, 0)) * (rolling.day_sum / nullif(rolling.day_count, 0)),
        0
    )) / 100 as decimal(9, 4)) as rolling_24h_stddev_temperature_c,
    rolling.ingestion_ts
from rolling
left join {{ ref('stores') }} as stores on rolling.store_id = stores.store_id
{%- if is_incremental() %}
inner join changed on rolling.store_id = changed.store_id and rolling.shelf_id = changed.shelf_id
where rolling.reading_hour >= changed.first_hour
{%- endif %}
