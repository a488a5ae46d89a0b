with latest as (

    select *
    from {{ first_rows(ref('stg_stores'), 'store_id', survivor_order()) | indent }}

),

identified as (

    -- One store may have several numbers: the lowest one survives, the others point at it.
    select
        *,
        min(store_id) over (partition by store_code) as surviving_store_id,
        {{ is_latitude_impossible('latitude') }} as latitude_impossible,
        {{ is_longitude_impossible('longitude') }} as longitude_impossible
    from latest

)

select
    store_id,
    surviving_store_id,
    {{ surrogate_key(['store_code']) }} as store_key,
    store_code,
    store_name,
    channel,
    region,
    state,
    case when not latitude_impossible then latitude end as latitude,
    case when not longitude_impossible then longitude end as longitude,
    open_date,
    close_date,
    {{ flag('store_id = surviving_store_id') }} as is_survivor,
    {{ flag('latitude_impossible') }} as is_latitude_impossible,
    {{ flag('longitude_impossible') }} as is_longitude_impossible,
    ingestion_ts,
    src_filename,
    src_row_hash,
    src_row_number
from identified
