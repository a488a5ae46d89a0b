with one_a_delivery as (

    select *
    from {{ first_rows(ref('stg_products'), 'product_id, ingestion_ts', survivor_order()) | indent }}

),

delivered as (

    select
        {{ all_but('products', ['current_price'], ref('stg_products')) }},
        coalesce(products.is_discontinued, false) as discontinued,
        -- A price that is missing in one delivery is the price of the one before.
        {{ last_known('case when not ' ~ is_price_missing('products.current_price') ~ ' then products.current_price end') }} over (
            partition by products.product_id
            order by products.ingestion_ts
        ) as current_price,
        deliveries.effective_from
    from one_a_delivery as products
    inner join {{ ref('dimension_deliveries') }} as deliveries
        on deliveries.feed = 'products' and products.ingestion_ts = deliveries.ingestion_ts

),

{{ versions_of('product_id', [
    'sku', 'product_name', 'category', 'subcategory', 'current_price', 'currency',
    'discontinued', 'introduced_date', 'discontinued_date'
]) }}

select
    {{ surrogate_key(['product_id', 'effective_from']) }} as product_version_key,
    product_id,
    effective_from,
    sku,
    product_name,
    category,
    subcategory,
    current_price,
    currency,
    discontinued as is_discontinued,
    introduced_date,
    discontinued_date,
    ingestion_ts,
    src_filename,
    src_row_hash,
    src_row_number
from versions
