with latest as (

    select *
    from {{ first_rows(ref('stg_customers'), 'customer_id', survivor_order()) | indent }}

),

identified as (

    -- One person may have several numbers: the lowest one survives, the others point at it.
    select
        *,
        min(customer_id) over (partition by natural_key) as surviving_customer_id,
        {{ is_email_malformed('email') }} as email_malformed,
        {{ is_latitude_impossible('latitude') }} as latitude_impossible,
        {{ is_longitude_impossible('longitude') }} as longitude_impossible
    from latest

)

select
    customer_id,
    surviving_customer_id,
    {{ surrogate_key(['natural_key']) }} as customer_key,
    natural_key,
    first_name,
    last_name,
    case when not email_malformed then email end as email,
    phone,
    address_line1,
    address_line2,
    city,
    state_region,
    postcode,
    country_code,
    case when not latitude_impossible then latitude end as latitude,
    case when not longitude_impossible then longitude end as longitude,
    birth_date,
    join_ts,
    coalesce(is_vip, false) as is_vip,
    coalesce(gdpr_consent, false) as gdpr_consent,
    {{ flag('customer_id = surviving_customer_id') }} as is_survivor,
    {{ flag('email_malformed') }} as is_email_malformed,
    {{ flag('latitude_impossible or longitude_impossible') }} as is_location_impossible,
    {{ flag('phone is null') }} as is_phone_missing,
    {{ flag('address_line1 is null') }} as is_address_missing,
    ingestion_ts,
    src_filename,
    src_row_hash,
    src_row_number
from identified
