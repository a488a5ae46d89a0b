with envelopes as (

    select
        json_extract_string(json, '$.event_id') as event_id,
        json_extract_string(json, '$.event_ts') as event_ts,
        json_extract_string(json, '$.event_type') as event_type,
        json_extract_string(json, '$.user_id') as user_id,
        json_extract_string(json, '$.session_id') as session_id,
        json_extract(json, '$.payload') as payload,
        cast(event_dt as date) as delivery_date,
        ingestion_ts,
        src_filename,
        src_row_hash,
        src_row_number
    from {{ source('bronze', 'events') }}

)

select
    {{ clean_text('event_id') }} as event_id,
    {{ text_to_utc('event_ts') }} as event_ts,
    lower({{ clean_text('event_type') }}) as event_type,
    try_cast(user_id as bigint) as user_id,
    {{ clean_text('session_id') }} as session_id,
    delivery_date,
    -- What the payload holds depends on event_type; a column is null where the type has no such member.
    {{ clean_text("json_extract_string(payload, '$.page')") }} as page,
    {{ clean_text("json_extract_string(payload, '$.device')") }} as device,
    {{ clean_text("json_extract_string(payload, '$.referrer')") }} as referrer,
    {{ clean_text("json_extract_string(payload, '$.query')") }} as search_query,
    try_cast(json_extract_string(payload, '$.results') as integer) as search_results,
    try_cast(json_extract_string(payload, '$.product_id') as bigint) as product_id,
    try_cast(json_extract_string(payload, '$.price_aud') as decimal(12, 4)) as price_aud,
    try_cast(json_extract_string(payload, '$.qty') as integer) as quantity,
    try_cast(json_extract_string(payload, '$.items') as integer) as items,
    try_cast(json_extract_string(payload, '$.order_id') as bigint) as order_id,
    lower({{ clean_text("json_extract_string(payload, '$.payment_method')") }}) as payment_method,
    cast(payload as varchar) as payload,
    {{ audit_columns() }}
from envelopes
