{{ config(materialized='incremental', incremental_strategy=replacing_rows(), unique_key=['order_id', 'line_number']) }}

with delivered as (

    select *
    from {{ ref('stg_orders_lines') }}
    {%- if is_incremental() %}
    -- Orders with a line that is new, or whose product has come since; all their deliveries.
    where order_id in (
        select order_id
        from {{ ref('stg_orders_lines') }}
        where ingestion_ts > {{ newest_ingestion() }}
        union
        select lines.order_id
        from {{ this }} as lines
        inner join {{ ref('products') }} as products on lines.product_id = products.product_id
        where lines.is_unknown_product = 1
    )
    {%- endif %}

),

{{ survivors_of(['order_id', 'line_number']) }},

checked as (

    select
        survivors.*,
        survivors.product_id is not null and products.product_id is null as product_unknown,
        survivors.quantity is null
        or {{ is_not_positive('survivors.quantity') }}
        or {{ is_amount_implausible('survivors.quantity', 'survivors.unit_price') }} as quantity_invalid,
        survivors.unit_price is null or {{ is_not_positive('survivors.unit_price') }} as price_invalid,
        {{ is_share_impossible('survivors.discount_rate') }} as discount_invalid,
        {{ is_share_impossible('survivors.tax_rate') }} as tax_invalid
    from survivors
    left join {{ ref('products') }} as products on survivors.product_id = products.product_id

),

counted as (

    -- What is no sale counts as nothing, so that a plain sum over all lines is right.
    {{ counted_lines('checked') }}

)

select
    order_id,
    line_number,
    delivery_date,
    product_id,
    quantity,
    unit_price,
    discount_rate,
    tax_rate,
    {{ amount('gross') }} as gross_amount,
    {{ amount('discount') }} as discount_amount,
    {{ amount('gross - discount') }} as net_amount,
    {{ amount('tax') }} as tax_amount,
    {{ flag('product_unknown') }} as is_unknown_product,
    {{ flag('quantity_invalid') }} as is_quantity_invalid,
    {{ flag('price_invalid') }} as is_price_invalid,
    {{ flag('discount_invalid or tax_invalid') }} as is_rate_invalid,
    {{ flag('excluded') }} as is_excluded,
    delivered_rows,
    ingestion_ts,
    src_filename,
    src_row_hash,
    src_row_number
from counted
