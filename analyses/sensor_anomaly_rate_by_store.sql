select
    stores.store_name,
    count(*) as readings,
    count(*) filter (
        where {{ is_temperature_impossible('sensors.temperature_c') }} or {{ is_humidity_impossible('sensors.humidity_pct') }}
    ) as anomalies,
    cast(anomalies as double) / readings as anomaly_rate
from {{ ref('stg_sensors') }} as sensors
inner join {{ ref('stores') }} as numbers on sensors.store_id = numbers.store_id
inner join {{ ref('dim_store') }} as stores on numbers.store_key = stores.store_key
group by stores.store_name, stores.store_key
order by anomaly_rate desc, stores.store_name
