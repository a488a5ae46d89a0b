-- Each dimension of quality counts alike, however many checks it has.
with by_dimension as (

    select
        loaded_at,
        check_date,
        table_name,
        quality_dimension,
        avg(pass_rate) as pass_rate,
        count(*) as checks,
        count(*) filter (where status = 'WARNING') as warnings,
        count(*) filter (where status = 'ALERT') as alerts
    from {{ ref('data_quality_metrics') }}
    group by loaded_at, check_date, table_name, quality_dimension

)

select
    loaded_at as data_loaded,
    check_date as business_day,
    table_name as data_table,
    -- Rounded: a mean of doubles may differ in its last bit with the order of the rows.
    round(100 * avg(pass_rate), 4) as quality_score,
    cast(sum(checks) as integer) as checks,
    cast(sum(warnings) as integer) as warnings,
    cast(sum(alerts) as integer) as alerts,
    case
        when sum(alerts) > 0 then 'ALERT'
        when sum(warnings) > 0 then 'WARNING'
        else 'OK'
    end as status,
    case
        when loaded_at = max(loaded_at) over () then 'Yes'
        else 'No'
    end as latest
from by_dimension
group by loaded_at, check_date, table_name
