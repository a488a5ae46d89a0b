-- Each bet, with what is known of it by now. `margin` is the bookmaker's; null while the bet is open.
select
    bets.bet_id,
    bets.customer_id,
    bets.event_id,
    bets.day as date,
    bets.placed_at at time zone 'UTC' as placed_at,
    bets.stake,
    bets.odds,
    coalesce(settlements.outcome, 'open') as outcome,
    settlements.payout,
    bets.stake - settlements.payout as margin,
    -- What may have to be paid.
    case when settlements.bet_id is null then cast(bets.stake * bets.odds as decimal(14, 2)) else 0 end as liability,
    coalesce(settlements.revision, 0) as revisions
from {{ ref('stg_bets') }} as bets
left join {{ ref('settlements_as_known') }} as settlements
    on bets.bet_id = settlements.bet_id and settlements.known_until is null
