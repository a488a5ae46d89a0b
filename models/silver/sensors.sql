{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key=['store_id', 'shelf_id', 'sensor_ts']
) }}

with delivered as (

    select *
    from {{ ref('stg_sensors') }}
    {%- if is_incremental() %}
    -- The file of a month comes again with more days in it: readings that are new or came again.
    semi join (
        select store_id, shelf_id, sensor_ts
        from {{ ref('stg_sensors') }}
        where ingestion_ts > {{ newest_ingestion() }}
    ) as newer using (store_id, shelf_id, sensor_ts)
    {%- endif %}

),

{{ survivors_of(['store_id', 'shelf_id', 'sensor_ts']) }}

select
    store_id,
    shelf_id,
    sensor_ts,
    temperature_c,
    humidity_pct,
    battery_mv,
    {{ flag(is_temperature_impossible('temperature_c')) }} as is_temperature_out_of_range,
    {{ flag(is_humidity_impossible('humidity_pct')) }} as is_humidity_out_of_range,
    delivered_rows,
    ingestion_ts,
    src_filename,
    src_row_number
from survivors
