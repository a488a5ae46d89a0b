-- What a report read last is what is known now.
select date, sum(staked), sum(margin)
from (
    select date, staked, margin from {{ ref('fct_reports') }} where known_on = (select max(date) from {{ ref('dim_date') }})
)
group by date
except
select date, sum(stake), sum(margin)
from {{ ref('fct_bets') }}
group by date
