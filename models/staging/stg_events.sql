with opened as (

    -- Each document is parsed once for all members, as a list in the order of the paths.
    -- What the payload holds depends on event_type; a column is null where the type has no such member.
    select
        {% call json_members('json') -%}
            '$.event_id', '$.event_ts', '$.event_type', '$.user_id', '$.session_id',
            '$.payload.page', '$.payload.device', '$.payload.referrer',
            '$.payload.query', '$.payload.results',
            '$.payload.product_id', '$.payload.price_aud', '$.payload.qty',
            '$.payload.items', '$.payload.order_id', '$.payload.payment_method'
        {%- endcall %} as members,
        -- Apart from the others, because few who read events want it.
        {{ json_member('json', '$.payload') }} as payload,
        cast(event_dt as date) as delivery_date,
        ingestion_ts,
        src_filename,
        src_row_hash,
        src_row_number
    from {{ source('bronze', 'events') }}

),

named as (

    select
        {{ nth('members', 1) }} as event_id,
        {{ nth('members', 2) }} as event_ts,
        {{ nth('members', 3) }} as event_type,
        {{ nth('members', 4) }} as user_id,
        {{ nth('members', 5) }} as session_id,
        {{ nth('members', 6) }} as page,
        {{ nth('members', 7) }} as device,
        {{ nth('members', 8) }} as referrer,
        {{ nth('members', 9) }} as search_query,
        {{ nth('members', 10) }} as search_results,
        {{ nth('members', 11) }} as product_id,
        {{ nth('members', 12) }} as price_aud,
        {{ nth('members', 13) }} as quantity,
        {{ nth('members', 14) }} as items,
        {{ nth('members', 15) }} as order_id,
        {{ nth('members', 16) }} as payment_method,
        payload,
        delivery_date,
        ingestion_ts,
        src_filename,
        src_row_hash,
        src_row_number
    from opened

),

typed as (

    select
        *,
        {{ text_to_utc('event_ts') }} as event_time,
        try_cast(user_id as bigint) as user_number
    from named

)

select
    {{ clean_text('event_id') }} as event_id,
    event_time as event_ts,
    lower({{ clean_text('event_type') }}) as event_type,
    user_number as user_id,
    {{ clean_text('session_id') }} as session_id,
    delivery_date,
    {{ clean_text('page') }} as page,
    {{ clean_text('device') }} as device,
    {{ clean_text('referrer') }} as referrer,
    {{ clean_text('search_query') }} as search_query,
    try_cast(search_results as integer) as search_results,
    try_cast(product_id as bigint) as product_id,
    try_cast(price_aud as decimal(12, 4)) as price_aud,
    try_cast(quantity as integer) as quantity,
    try_cast(items as integer) as items,
    try_cast(order_id as bigint) as order_id,
    lower({{ clean_text('payment_method') }}) as payment_method,
    -- What was delivered in place of a time or a number.
    case when event_time is null then {{ clean_text('event_ts') }} end as malformed_event_ts,
    case when user_number is null then {{ clean_text('user_id') }} end as malformed_user_id,
    payload,
    {{ audit_columns() }},
    -- As bronze has it, so that a condition on it is one on the files.
    ingestion_ts as loaded_at
from typed
