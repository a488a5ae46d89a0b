select
    {{ to_utc('sensor_ts') }} as sensor_ts,
    cast(store_id as bigint) as store_id,
    {{ clean_text('shelf_id') }} as shelf_id,
    temperature_c,
    humidity_pct,
    battery_mv,
    {{ audit_columns() }},
    -- As bronze has it, so that a condition on it is one on the files.
    ingestion_ts as loaded_at
from {{ source('bronze', 'sensors') }}
