select cast(day as date) as date, year(day) as year, month(day) as month, isodow(day) as weekday
from (
    select unnest(generate_series(min(date), max(date), interval 1 day)) as day
    from {{ ref('fct_minutes') }}
)
