with latest as (

    select *
    from {{ first_rows(ref('stg_products'), 'product_id', survivor_order()) | indent }}

)

select
    product_id,
    sku,
    product_name,
    category,
    subcategory,
    case when not {{ is_price_missing('current_price') }} then current_price end as current_price,
    currency,
    coalesce(is_discontinued, false) as is_discontinued,
    introduced_date,
    discontinued_date,
    {{ flag(is_price_missing('current_price')) }} as is_price_missing,
    {{ flag('is_discontinued and discontinued_date is null') }} as is_discontinued_date_missing,
    ingestion_ts,
    src_filename,
    src_row_hash,
    src_row_number
from latest
