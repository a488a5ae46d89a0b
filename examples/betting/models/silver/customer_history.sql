-- Where a customer lived when: one row for each address, from the opening of the account on.
with addresses as (

    select customer_id, cast(opened_on as timestamptz) as valid_from, email, city
    from {{ ref('stg_customers') }}
    union all
    select changes.customer_id, changes.changed_at, changes.email, changes.city
    from {{ ref('stg_customer_changes') }} as changes
    semi join {{ ref('stg_customers') }} as known on changes.customer_id = known.customer_id

)

select
    customer_id,
    valid_from,
    lead(valid_from) over (partition by customer_id order by valid_from) as valid_until,
    email,
    city
from addresses
