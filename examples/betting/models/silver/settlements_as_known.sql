-- Each settlement with the days on which it was the newest one known of its bet: from `known_from` until before
-- `known_until`. `known_from` is the day of delivery, so a report as of a day can be told again later exactly as it was.
with newest_of_day as (

    select *
    from {{ ref('stg_settlements') }}
    qualify row_number() over (partition by bet_id, day order by settled_at desc, settlement_id desc) = 1

)

select
    settlements.settlement_id,
    settlements.bet_id,
    settlements.outcome,
    settlements.settled_at,
    settlements.day as known_from,
    lead(settlements.day) over (partition by settlements.bet_id order by settlements.day) as known_until,
    row_number() over (partition by settlements.bet_id order by settlements.day) as revision,
    case settlements.outcome
        when 'won' then cast(bets.stake * bets.odds as decimal(14, 2))
        when 'void' then bets.stake
        else 0
    end as payout
from newest_of_day as settlements
inner join {{ ref('stg_bets') }} as bets on settlements.bet_id = bets.bet_id
