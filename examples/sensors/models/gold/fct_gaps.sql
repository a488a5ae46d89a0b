-- Times without a reading.
select
    sensor_id,
    measured_at at time zone 'UTC' as silent_from,
    next_at at time zone 'UTC' as silent_until,
    date_diff('minute', measured_at, next_at) as minutes,
    cast(measured_at at time zone 'UTC' as date) as date
from (
    select
        sensor_id,
        measured_at,
        lead(measured_at) over (partition by sensor_id order by measured_at, reading_id) as next_at
    from {{ ref('readings') }}
)
where date_diff('minute', measured_at, next_at) >= {{ var('gap_after') }}
