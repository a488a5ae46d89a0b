-- The report of each day, as it read on that day and on each day since. `known_on` is the day of reading.
with days as (

    select date from {{ ref('dim_date') }}

)

select
    bets.day as date,
    days.date as known_on,
    days.date - bets.day as days_later,
    count(*) as bets,
    sum(bets.stake) as staked,
    count(settlements.bet_id) as settled,
    coalesce(sum(settlements.payout), 0) as paid_out,
    sum(bets.stake) filter (settlements.bet_id is not null) - coalesce(sum(settlements.payout), 0) as margin,
    coalesce(sum(cast(bets.stake * bets.odds as decimal(14, 2))) filter (settlements.bet_id is null), 0) as liability
from {{ ref('stg_bets') }} as bets
inner join days on bets.day <= days.date
left join {{ ref('settlements_as_known') }} as settlements
    on bets.bet_id = settlements.bet_id
    and settlements.known_from <= days.date
    and (settlements.known_until is null or settlements.known_until > days.date)
group by bets.day, days.date
