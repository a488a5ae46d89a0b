with delivered as (

    select * from {{ source('bronze', 'returns') }}
    {%- if target.type != 'spark' %}
    -- The column came with the second version of the feed: where no file has it yet, it is null.
    union all by name
    select cast(null as varchar) as return_reason_code
    where false
    {%- endif %}

)

select
    return_id,
    order_id,
    product_id,
    {{ to_utc('return_ts') }} as return_ts,
    qty as quantity,
    lower({{ clean_text('reason') }}) as reason,
    upper({{ clean_text('return_reason_code') }}) as return_reason_code,
    coalesce(is_deleted, false) as is_deleted,
    {{ to_utc('deleted_at') }} as deleted_at,
    {{ audit_columns() }}
from delivered
