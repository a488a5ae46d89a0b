{{ config(materialized='incremental', incremental_strategy='delete+insert', unique_key='event_id') }}

with delivered as (

    select *
    from {{ ref('stg_events') }}
    {%- if is_incremental() %}
    where event_id in (
        select event_id
        from {{ ref('stg_events') }}
        where ingestion_ts > {{ newest_ingestion() }}
    )
    {%- endif %}

),

{{ survivors_of(['event_id']) }}

select
    event_id,
    event_ts,
    event_type,
    user_id,
    session_id,
    delivery_date,
    page,
    device,
    referrer,
    search_query,
    search_results,
    product_id,
    price_aud,
    quantity,
    items,
    order_id,
    payment_method,
    malformed_event_ts,
    malformed_user_id,
    delivered_rows,
    ingestion_ts,
    src_filename,
    src_row_number
from survivors
