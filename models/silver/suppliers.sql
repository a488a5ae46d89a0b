select
    supplier_id,
    supplier_code,
    supplier_name,
    country_code,
    case when lead_time_days >= 0 then lead_time_days end as lead_time_days,
    coalesce(is_preferred, false) as is_preferred,
    {{ flag('lead_time_days < 0') }} as is_lead_time_impossible,
    ingestion_ts,
    src_filename,
    src_row_hash,
    src_row_number
from {{ first_rows(ref('stg_suppliers'), 'supplier_id', survivor_order()) }}
