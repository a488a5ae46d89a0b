{{ config(materialized='incremental', incremental_strategy=replacing_rows(), unique_key='event_id') }}

with
{%- if is_incremental() and target.type != 'spark' %}

newer as materialized (

    select * exclude (payload, loaded_at)
    from {{ ref('stg_events') }}
    where loaded_at > {{ newest_ingestion(zoned=true) }}

),

-- Of events that came before, the row that has survived until now: the others need not be read again.
delivered as (

    select
        *,
        cast(1 as integer) as delivered_rows
    from newer
    union all by name
    select
        *,
        cast(null as bigint) as src_row_hash
    from {{ this }}
    semi join newer using (event_id)

),
{%- else %}

delivered as (

    select *
    from {{ ref('stg_events') }}
    {%- if is_incremental() %}
    -- All deliveries of what is new or came again: Spark has no `union all by name`.
    left semi join (
        select event_id
        from {{ ref('stg_events') }}
        where loaded_at > {{ newest_ingestion(zoned=true) }}
    ) as newer using (event_id)
    {%- endif %}

),
{%- endif %}

{{ survivors_of(['event_id'], counted=is_incremental() and target.type != 'spark') }}

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
