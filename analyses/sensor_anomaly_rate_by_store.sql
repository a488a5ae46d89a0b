-- An anomaly is a value out of range; a reading has two values, and so may have two.
select
    stores.store_name,
    sum(readings.reading_count) as readings,
    sum(readings.temperature_anomaly_count + readings.humidity_anomaly_count) as anomalies,
    cast(sum(readings.temperature_anomaly_count + readings.humidity_anomaly_count) as double) / sum(readings.reading_count) as anomaly_rate
from {{ ref('fct_sensor_readings') }} as readings
inner join {{ ref('dim_store') }} as stores on readings.store_key = stores.store_key
group by stores.store_name, stores.store_key
order by anomaly_rate desc, stores.store_name
