select
    product_id,
    upper({{ clean_text('sku') }}) as sku,
    {{ clean_text('name') }} as product_name,
    {{ clean_text('category') }} as category,
    {{ clean_text('subcategory') }} as subcategory,
    current_price,
    upper({{ clean_text('currency') }}) as currency,
    is_discontinued,
    introduced_dt as introduced_date,
    discontinued_dt as discontinued_date,
    {{ audit_columns() }}
from {{ source('bronze', 'products') }}
