{{ config(
    materialized='incremental',
    incremental_strategy=replacing_rows(),
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

shelves as {{ computed_once() }}(

    select
        store_id,
        shelf_id,
        min(first_hour) as first_hour,
        row_number() over {{ any_order('store_id, shelf_id') }} as shelf_number
    from touched
    group by store_id, shelf_id

),
{%- else %}

-- A shelf has a number here, because millions of rows are sorted faster by a number than by a text.
shelves as {{ computed_once() }}(

    select
        store_id,
        shelf_id,
        row_number() over {{ any_order('store_id, shelf_id') }} as shelf_number
    from {{ ref('sensors') }}
    group by store_id, shelf_id

),
{%- endif %}

readings as (

    select
        shelves.shelf_number,
        date_trunc('hour', sensors.sensor_ts) as reading_hour,
        case when sensors.is_temperature_out_of_range = 0 then sensors.temperature_c end as temperature_c,
        case when sensors.is_humidity_out_of_range = 0 then sensors.humidity_pct end as humidity_pct,
        -- Hundredths, whole numbers in a DOUBLE: their sums are exact, in whichever order they are added.
        cast(case when sensors.is_temperature_out_of_range = 0 then sensors.temperature_c end * 100 as double) as temperature,
        sensors.battery_mv,
        sensors.is_temperature_out_of_range,
        sensors.is_humidity_out_of_range,
        sensors.ingestion_ts
    from {{ ref('sensors') }} as sensors
    inner join shelves on sensors.store_id = shelves.store_id and sensors.shelf_id = shelves.shelf_id
    {%- if is_incremental() %}
    where sensors.sensor_ts >= shelves.first_hour - interval 23 hours
    {%- endif %}

),

repeated_hours as {{ computed_once() }}(

    select
        shelf_number,
        reading_hour
    from readings
    group by shelf_number, reading_hour
    having count(*) > 1

),

hours as (

    -- Most hours have one reading, which is its own sum, minimum and maximum.
    select
        shelf_number,
        reading_hour,
        cast(1 as integer) as reading_count,
        cast(temperature is not null as double) as temperature_count,
        temperature as temperature_sum,
        temperature * temperature as temperature_squares,
        temperature_c as min_temperature_c,
        temperature_c as max_temperature_c,
        cast(humidity_pct as decimal(9, 4)) as avg_humidity_pct,
        humidity_pct as min_humidity_pct,
        humidity_pct as max_humidity_pct,
        battery_mv as min_battery_mv,
        is_temperature_out_of_range as temperature_anomaly_count,
        is_humidity_out_of_range as humidity_anomaly_count,
        ingestion_ts
    from readings
    anti join repeated_hours using (shelf_number, reading_hour)
    union all
    select
        shelf_number,
        reading_hour,
        cast(count(*) as integer) as reading_count,
        cast(count(temperature) as double) as temperature_count,
        sum(temperature) as temperature_sum,
        sum(temperature * temperature) as temperature_squares,
        min(temperature_c) as min_temperature_c,
        max(temperature_c) as max_temperature_c,
        {{ double_to_decimal('sum(cast(humidity_pct * 100 as double)) / count(humidity_pct) / 100') }} as avg_humidity_pct,
        min(humidity_pct) as min_humidity_pct,
        max(humidity_pct) as max_humidity_pct,
        min(battery_mv) as min_battery_mv,
        cast(sum(is_temperature_out_of_range) as integer) as temperature_anomaly_count,
        cast(sum(is_humidity_out_of_range) as integer) as humidity_anomaly_count,
        max(ingestion_ts) as ingestion_ts
    from readings
    semi join repeated_hours using (shelf_number, reading_hour)
    group by shelf_number, reading_hour

),

rolling as (

    select
        *,
        sum(temperature_count) over day_before as day_count,
        sum(temperature_sum) over day_before as day_sum,
        sum(temperature_squares) over day_before as day_squares
    from hours
    window day_before as (
        partition by shelf_number
        order by reading_hour
        range between interval 23 hours preceding and current row
    )

)

select
    shelves.store_id,
    shelves.shelf_id,
    rolling.reading_hour,
    {{ date_key('rolling.reading_hour') }} as date_key,
    coalesce(stores.store_key, {{ unknown_key() }}) as store_key,
    rolling.reading_count,
    {{ double_to_decimal('rolling.temperature_sum / rolling.temperature_count / 100') }} as avg_temperature_c,
    rolling.min_temperature_c,
    rolling.max_temperature_c,
    rolling.avg_humidity_pct,
    rolling.min_humidity_pct,
    rolling.max_humidity_pct,
    rolling.min_battery_mv,
    rolling.temperature_anomaly_count,
    rolling.humidity_anomaly_count,
    {{ double_to_decimal('rolling.day_sum / nullif(rolling.day_count, 0) / 100') }} as rolling_24h_avg_temperature_c,
    -- The variance is the mean of the squares less the square of the mean.
    {% call double_to_decimal() -%}
    sqrt(greatest(
        rolling.day_squares / nullif(rolling.day_count, 0)
        - (rolling.day_sum / nullif(rolling.day_count, 0)) * (rolling.day_sum / nullif(rolling.day_count, 0)),
        0
    )) / 100
    {%- endcall %} as rolling_24h_stddev_temperature_c,
    rolling.ingestion_ts
from rolling
inner join shelves on rolling.shelf_number = shelves.shelf_number
left join {{ ref('stores') }} as stores on shelves.store_id = stores.store_id
{%- if is_incremental() %}
where rolling.reading_hour >= shelves.first_hour
{%- endif %}
