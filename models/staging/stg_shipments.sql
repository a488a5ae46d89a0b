select
    shipment_id,
    order_id,
    {{ clean_text('carrier') }} as carrier,
    {{ to_utc('shipped_at') }} as shipped_at,
    {{ to_utc('delivered_at') }} as delivered_at,
    ship_cost,
    {{ audit_columns() }}
from {{ source('bronze', 'shipments') }}
