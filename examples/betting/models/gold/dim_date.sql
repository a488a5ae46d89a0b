-- The days of the bets, without a gap.
select
    cast(day as date) as date,
    year(day) as year,
    month(day) as month,
    isodow(day) as weekday
from (
    select unnest(generate_series(min(day), max(day), interval 1 day)) as day
    from {{ ref('stg_bets') }}
)
