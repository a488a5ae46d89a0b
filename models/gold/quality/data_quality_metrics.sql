{#- What a later state of bronze forgets, this table remembers, so it is never rebuilt from nothing. A run over the bronze of an
    earlier run measures the same and replaces its rows. -#}
{{ config(
    materialized='incremental',
    incremental_strategy=replacing_rows(),
    unique_key='metric_key',
    full_refresh=false,
    on_schema_change='fail'
) }}

{%- set tables = quality_checks() %}

with
{%- for table, (relation, checks) in tables.items() %}

counted_{{ table }} as (

    select
        '{{ table }}' as table_name,
        max(ingestion_ts) as newest_ingestion_ts,
        count(*) as rows_checked,
        {{ failed_rows_of(checks) }} as checks
    from {{ relation }}

),
{%- endfor %}

rules as (

    {%- for table in tables %}
    select
        table_name,
        newest_ingestion_ts,
        rows_checked,
        {{ columns_of_each('checks') }}
    from counted_{{ table }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}

),

loads as (

    -- Of each file the newest load: how many of its rows bronze took.
    select
        case feed when 'orders_header' then 'orders' when 'orders_lines' then 'order_lines' else feed end as table_name,
        rows_read,
        rows_rejected
    from {{ first_rows(ref('fct_ingestion_audit'), 'file_path', 'loaded_at desc, run_id desc', where="status = 'loaded'") | indent }}

),

newest_days as (

    select 'orders' as table_name, max(order_date) as newest_day from {{ ref('orders') }}
    union all
    select 'events' as table_name, max(delivery_date) as newest_day from {{ ref('events') }}
    union all
    select 'sensors' as table_name, cast(max(sensor_ts) as date) as newest_day from {{ ref('sensors') }}
    union all
    select 'exchange_rates' as table_name, max(rate_date) as newest_day from {{ ref('exchange_rates') }}

),

measured as (

    select
        table_name,
        check_name,
        quality_dimension,
        rows_checked,
        rows_failed
    from rules
    union all
    select
        table_name,
        'accepted_by_bronze' as check_name,
        'acceptance' as quality_dimension,
        sum(rows_read) as rows_checked,
        sum(rows_rejected) as rows_failed
    from loads
    group by table_name
    union all
    -- The newest row is of the day of reckoning, or of the day before.
    select
        newest_days.table_name,
        'up_to_date' as check_name,
        'freshness' as quality_dimension,
        1 as rows_checked,
        {{ flag('newest_days.newest_day < as_of.as_of_date - 1') }} as rows_failed
    from newest_days
    cross join {{ ref('as_of') }} as as_of

),

loaded as (

    select max(newest_ingestion_ts) as loaded_at
    from rules

)

select
    {{ surrogate_key(['measured.table_name', 'measured.check_name', 'loaded.loaded_at']) }} as metric_key,
    loaded.loaded_at,
    as_of.as_of_date as check_date,
    measured.table_name,
    measured.check_name,
    measured.quality_dimension,
    cast(measured.rows_checked as bigint) as rows_checked,
    cast(measured.rows_failed as bigint) as rows_failed,
    1 - cast(measured.rows_failed as double) / measured.rows_checked as pass_rate,
    case
        when cast(measured.rows_failed as double) / measured.rows_checked > 0.05 then 'ALERT'
        when cast(measured.rows_failed as double) / measured.rows_checked > 0.01 then 'WARNING'
        else 'OK'
    end as status
from measured
cross join loaded
cross join {{ ref('as_of') }} as as_of
where measured.rows_checked > 0
