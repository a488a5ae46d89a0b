with as_of as (

    select as_of_date from {{ ref('as_of') }}

)

select
    {{ surrogate_key(['products.product_id']) }} as product_key,
    products.product_id,
    products.sku,
    products.product_name,
    coalesce(products.category, 'Unknown') as category,
    coalesce(products.subcategory, 'Unknown') as subcategory,
    products.current_price,
    products.currency,
    products.introduced_date,
    products.discontinued_date,
    case
        when products.is_discontinued or products.discontinued_date <= as_of.as_of_date then 'Discontinued'
        when products.introduced_date > as_of.as_of_date then 'Announced'
        else 'On sale'
    end as product_status,
    {{ flag('products.is_discontinued') }} as is_discontinued,
    products.is_price_missing,
    products.is_discontinued_date_missing
from {{ ref('products') }} as products
cross join as_of

{% call union_all_by_name([
    'product_key', 'product_id', 'sku', 'product_name', 'category', 'subcategory', 'current_price', 'currency',
    'introduced_date', 'discontinued_date', 'product_status', 'is_discontinued', 'is_price_missing',
    'is_discontinued_date_missing'
]) -%}
select
    cast({{ unknown_key() }} as bigint) as product_key,
    cast({{ unknown_key() }} as bigint) as product_id,
    'Unknown' as sku,
    'Unknown' as product_name,
    'Unknown' as category,
    'Unknown' as subcategory,
    'Unknown' as product_status,
    cast(0 as integer) as is_discontinued,
    cast(0 as integer) as is_price_missing,
    cast(0 as integer) as is_discontinued_date_missing
{%- endcall %}
