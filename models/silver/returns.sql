-- Bronze follows the source's versions, so a return is one row there already; should it not be, the newest counts.
select
    return_id,
    order_id,
    product_id,
    return_ts,
    quantity,
    reason,
    return_reason_code,
    is_deleted,
    deleted_at,
    {{ flag('quantity is null or quantity <= 0') }} as is_quantity_invalid,
    ingestion_ts,
    src_filename,
    src_row_hash,
    src_row_number
from {{ first_rows(ref('stg_returns'), 'return_id', survivor_order()) }}
