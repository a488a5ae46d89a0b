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
from {{ ref('stg_suppliers') }}
qualify row_number() over (partition by supplier_id order by {{ survivor_order() }}) = 1
