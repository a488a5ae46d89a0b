select
    supplier_id,
    upper({{ clean_text('supplier_code') }}) as supplier_code,
    {{ clean_text('name') }} as supplier_name,
    upper({{ clean_text('country_code') }}) as country_code,
    lead_time_days,
    preferred as is_preferred,
    {{ audit_columns() }}
from {{ source('bronze', 'suppliers') }}
