-- A score for each sensor and day: the share of hours with readings, less what was wrong with them. Over 95 is good, from 80 on is
-- to be watched, under 80 is bad.
with days as (

    select
        sensor_id,
        cast(measured_at at time zone 'UTC' as date) as date,
        count(*) as readings,
        count(distinct hour(measured_at at time zone 'UTC')) as hours_heard,
        count(*) filter (is_clock_wrong) as wrong_clocks,
        count(*) filter (battery_mv < 3000) as low_batteries
    from {{ ref('readings') }}
    group by all

),

stuck as (

    select sensor_id, date, sum(readings) as readings
    from {{ ref('fct_stuck') }}
    group by all

),

counted as (

    select days.*, coalesce(stuck.readings, 0) as stuck_readings
    from days
    left join stuck on days.sensor_id = stuck.sensor_id and days.date = stuck.date

),

scored as (

    select *, 100 * hours_heard / 24 - 100 * (wrong_clocks + stuck_readings) / readings as score
    from counted

)

select
    * replace (cast(greatest(score, 0) as decimal(4, 1)) as score),
    case when score > 95 then 'good' when score >= 80 then 'watch' else 'bad' end as verdict
from scored
