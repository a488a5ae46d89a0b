-- Runs of equal values: a sensor that says the same again and again measures nothing.
with runs as (

    select
        *,
        row_number() over (partition by sensor_id order by measured_at, reading_id)
            - row_number() over (partition by sensor_id, celsius order by measured_at, reading_id) as run
    from {{ ref('readings') }}

)

select
    sensor_id,
    celsius,
    min(measured_at) at time zone 'UTC' as stuck_from,
    max(measured_at) at time zone 'UTC' as stuck_until,
    count(*) as readings,
    cast(min(measured_at) at time zone 'UTC' as date) as date
from runs
group by sensor_id, celsius, run
having count(*) >= {{ var('stuck_after') }}
