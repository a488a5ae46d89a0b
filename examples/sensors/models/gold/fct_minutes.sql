-- Means of a minute. Only minutes for which something came since the last run are computed again.
{{ config(materialized='incremental', incremental_strategy='delete+insert', unique_key=['sensor_id', 'minute']) }}

with touched as (

    select distinct sensor_id, time_bucket(interval 1 minute, measured_at at time zone 'UTC') as minute
    from {{ ref('readings') }}
    {% if is_incremental() %}
    where ingestion_ts > (select coalesce(max(newest_load), '-infinity') at time zone 'UTC' from {{ this }})
    {% endif %}

)

select
    readings.sensor_id,
    time_bucket(interval 1 minute, readings.measured_at at time zone 'UTC') as minute,
    cast(readings.measured_at at time zone 'UTC' as date) as date,
    count(*) as readings,
    cast(avg(readings.celsius) as decimal(8, 3)) as mean_celsius,
    min(readings.celsius) as least_celsius,
    max(readings.celsius) as greatest_celsius,
    max(readings.ingestion_ts) at time zone 'UTC' as newest_load
from {{ ref('readings') }} as readings
semi join touched
    on readings.sensor_id = touched.sensor_id
    and time_bucket(interval 1 minute, readings.measured_at at time zone 'UTC') = touched.minute
    -- This follows from the line above. It is what lets DuckDB skip all that is older.
    and readings.measured_at >= touched.minute at time zone 'UTC'
group by all
