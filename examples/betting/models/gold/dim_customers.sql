-- Each customer as known now, with what they are worth: stakes less payouts of all settled bets.
with value as (

    select
        customer_id,
        count(*) as bets,
        sum(stake) as staked,
        sum(margin) as lifetime_value,
        max(placed_at) as last_bet_at
    from {{ ref('fct_bets') }}
    group by customer_id

),

present as (

    select * from {{ ref('customer_history') }} where valid_until is null

)

select
    customers.customer_id,
    customers.first_name,
    customers.last_name,
    present.email,
    present.city,
    customers.birth_date,
    customers.opened_on,
    coalesce(value.bets, 0) as bets,
    coalesce(value.staked, 0) as staked,
    coalesce(value.lifetime_value, 0) as lifetime_value,
    value.last_bet_at,
    case
        when value.bets is null then 'silent'
        when value.staked >= 5000 then 'high roller'
        when value.bets >= 20 then 'regular'
        else 'casual'
    end as segment
from {{ ref('stg_customers') }} as customers
left join present on customers.customer_id = present.customer_id
left join value on customers.customer_id = value.customer_id
