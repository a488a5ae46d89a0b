with versions as (

    select
        *,
        row_number() over by_customer as version_number,
        lead(effective_from) over by_customer as next_effective_from,
        lag(city) over by_customer as previous_city
    from {{ ref('customers_snapshot') }}
    where dbt_valid_to is null
    window by_customer as (partition by customer_id order by effective_from)

)

select
    customer_address_key,
    customer_id,
    cast(version_number as integer) as version_number,
    case when version_number = 1 then date '{{ beginning_of_time() }}' else effective_from end as valid_from,
    coalesce(next_effective_from - 1, date '{{ end_of_time() }}') as valid_to,
    {{ flag('next_effective_from is null') }} as is_current,
    address_line1,
    address_line2,
    city,
    state_region,
    postcode,
    country_code,
    latitude,
    longitude,
    previous_city,
    ingestion_ts
from versions
