-- Each reading once, at the time that it was taken. Late ones and those that came again belong to minutes of the past, so an
-- incremental run takes what was loaded since the last one, whatever its time.
{{ config(materialized='incremental', incremental_strategy='append') }}

with newly_loaded as (

    select *
    from {{ ref('stg_readings') }}
    {% if is_incremental() %}
    where ingestion_ts > (select coalesce(max(ingestion_ts), '-infinity') from {{ this }})
    {% endif %}

)

select
    reading_id,
    sensor_id,
    received_at,
    clock_off,
    abs(clock_off) > {{ var('clock_tolerance') }} as is_clock_wrong,
    -- A clock that is a little off is the better one, because readings wait in the gateway's queue.
    case
        when abs(clock_off) <= {{ var('clock_tolerance') }} then received_at + to_seconds(clock_off)
        else received_at
    end as measured_at,
    celsius,
    battery_mv,
    ingestion_ts
from newly_loaded
{% if is_incremental() %}
-- A reading that is there already came again: the first delivery counts. Only ids that have just come are looked for, so
-- DuckDB skips nearly all of a large table.
where reading_id not in (
    select reading_id from {{ this }} where reading_id in (select reading_id from newly_loaded)
)
{% endif %}
qualify row_number() over (partition by reading_id order by ingestion_ts, src_filename, src_row_number) = 1
