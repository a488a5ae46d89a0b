{{ config(materialized='incremental', incremental_strategy=replacing_rows(), unique_key='shipment_id') }}

-- A parcel is delivered again once it has arrived: the newest delivery says how it stands.
with delivered as (

    select *
    from {{ ref('stg_shipments') }}
    {%- if is_incremental() %}
    where shipment_id in (
        select shipment_id
        from {{ ref('stg_shipments') }}
        where ingestion_ts > {{ newest_ingestion() }}
    )
    {%- endif %}

),

{{ survivors_of(['shipment_id']) }}

select
    shipment_id,
    order_id,
    carrier,
    shipped_at,
    delivered_at,
    ship_cost,
    {{ flag('delivered_at < shipped_at') }} as is_delivered_before_shipped,
    delivered_rows,
    ingestion_ts,
    src_filename,
    src_row_hash,
    src_row_number
from survivors
