-- A dimension's file says how things stand, not since when. It comes with a window of orders, and holds from that window's
-- first day: the day after the newest order that was loaded before it. The clock of a run has no part in it.
with loaded_days as (

    select
        ingestion_ts,
        max(delivery_date) as newest_day
    from {{ ref('stg_orders_header') }}
    group by ingestion_ts

),

deliveries as (

    select distinct 'products' as feed, ingestion_ts
    from {{ ref('stg_products') }}
    union all
    select distinct 'customers' as feed, ingestion_ts
    from {{ ref('stg_customers') }}

)

select
    deliveries.feed,
    deliveries.ingestion_ts,
    -- Before the first delivery nothing was loaded: what it says holds from the beginning.
    coalesce(max(loaded_days.newest_day) + 1, date '{{ beginning_of_time() }}') as effective_from
from deliveries
left join loaded_days on deliveries.ingestion_ts > loaded_days.ingestion_ts
group by deliveries.feed, deliveries.ingestion_ts
