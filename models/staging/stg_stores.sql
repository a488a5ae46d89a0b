select
    store_id,
    upper({{ clean_text('store_code') }}) as store_code,
    {{ clean_text('name') }} as store_name,
    lower({{ clean_text('channel') }}) as channel,
    {{ clean_text('region') }} as region,
    {{ clean_text('state') }} as state,
    latitude,
    longitude,
    open_dt as open_date,
    close_dt as close_date,
    {{ audit_columns() }}
from {{ source('bronze', 'stores') }}
