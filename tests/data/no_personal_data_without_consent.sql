-- By value, not by column: what a person without consent delivered is in no column of their row in gold.
select
    gold.customer_key
from {{ ref('dim_customer') }} as gold
inner join {{ ref('stg_customers') }} as delivered on gold.customer_id = delivered.customer_id
where
    gold.has_gdpr_consent = 0
    and (
        gold.first_name is not null
        or gold.last_name is not null
        or gold.address_line1 is not null
        or gold.address_line2 is not null
        or gold.postcode is not null
        or gold.latitude is not null
        or gold.longitude is not null
        or gold.birth_date is not null
        or contains(gold.email, '@')
        or contains(gold.phone, delivered.phone)
        or gold.full_name not in ('Withheld', 'Unknown')
        or gold.email = delivered.email
    )
