with as_of as (

    select as_of_date from {{ ref('as_of') }}

),

versions as (

    select
        *,
        row_number() over by_product as version_number,
        lead(effective_from) over by_product as next_effective_from,
        lag(current_price) over by_product as previous_price,
        lag(is_discontinued) over by_product as was_discontinued
    from {{ ref('products_snapshot') }}
    where dbt_valid_to is null
    window by_product as (partition by product_id order by effective_from)

)

select
    product_version_key,
    {{ surrogate_key(['product_id']) }} as product_key,
    product_id,
    cast(version_number as integer) as version_number,
    -- What was sold before the first delivery told of a product was sold as its first version.
    case when version_number = 1 then date '{{ beginning_of_time() }}' else effective_from end as valid_from,
    coalesce(next_effective_from - 1, date '{{ end_of_time() }}') as valid_to,
    {{ flag('next_effective_from is null') }} as is_current,
    sku,
    product_name,
    coalesce(category, 'Unknown') as category,
    coalesce(subcategory, 'Unknown') as subcategory,
    current_price as list_price,
    currency,
    previous_price,
    {{ amount('current_price - previous_price') }} as price_change,
    case
        when version_number = 1 then 'First'
        when is_discontinued and not was_discontinued then 'Discontinued'
        when current_price > previous_price then 'Price up'
        when current_price < previous_price then 'Price down'
        else 'Other'
    end as change_indicator,
    introduced_date,
    discontinued_date,
    case
        when is_discontinued or discontinued_date <= as_of.as_of_date then 'Discontinued'
        when introduced_date > as_of.as_of_date then 'Announced'
        else 'On sale'
    end as product_status,
    {{ flag('is_discontinued') }} as is_discontinued,
    ingestion_ts
from versions
cross join as_of

{% call union_all_by_name([
    'product_version_key', 'product_key', 'product_id', 'version_number', 'valid_from', 'valid_to', 'is_current',
    'sku', 'product_name', 'category', 'subcategory', 'list_price', 'currency', 'previous_price', 'price_change',
    'change_indicator', 'introduced_date', 'discontinued_date', 'product_status', 'is_discontinued',
    'ingestion_ts'
]) -%}
select
    cast({{ unknown_key() }} as bigint) as product_version_key,
    cast({{ unknown_key() }} as bigint) as product_key,
    cast({{ unknown_key() }} as bigint) as product_id,
    cast(1 as integer) as version_number,
    date '{{ beginning_of_time() }}' as valid_from,
    date '{{ end_of_time() }}' as valid_to,
    cast(1 as integer) as is_current,
    'Unknown' as sku,
    'Unknown' as product_name,
    'Unknown' as category,
    'Unknown' as subcategory,
    'First' as change_indicator,
    'Unknown' as product_status,
    cast(0 as integer) as is_discontinued
{%- endcall %}
