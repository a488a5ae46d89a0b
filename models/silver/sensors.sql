{{ config(
    materialized='incremental',
    incremental_strategy=replacing_rows(),
    unique_key=['store_id', 'shelf_id', 'sensor_ts']
) }}

with
{%- if is_incremental() and target.type != 'spark' %}

-- The file of a month comes again with more days in it: readings that are new or came again.
newer as materialized (

    select * exclude (loaded_at)
    from {{ ref('stg_sensors') }}
    where loaded_at > {{ newest_ingestion(zoned=true) }}

),

-- Of readings that came before, the row that has survived until now: the others need not be read again.
delivered as (

    select
        *,
        cast(1 as integer) as delivered_rows
    from newer
    union all by name
    select
        * exclude (is_temperature_out_of_range, is_humidity_out_of_range),
        cast(null as bigint) as src_row_hash
    from {{ this }}
    semi join newer using (store_id, shelf_id, sensor_ts)

),
{%- else %}

delivered as (

    select *
    from {{ ref('stg_sensors') }}
    {%- if is_incremental() %}
    -- All deliveries of what is new or came again: Spark has no `union all by name`.
    left semi join (
        select store_id, shelf_id, sensor_ts
        from {{ ref('stg_sensors') }}
        where loaded_at > {{ newest_ingestion(zoned=true) }}
    ) as newer using (store_id, shelf_id, sensor_ts)
    {%- endif %}

),
{%- endif %}

{{ survivors_of(['store_id', 'shelf_id', 'sensor_ts'], counted=is_incremental() and target.type != 'spark') }}

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
