select
    loaded_at as data_loaded,
    check_date as business_day,
    table_name as data_table,
    check_name as quality_check,
    quality_dimension,
    rows_checked,
    rows_failed,
    pass_rate,
    status,
    case
        when loaded_at = max(loaded_at) over () then 'Yes'
        else 'No'
    end as latest
from {{ ref('data_quality_metrics') }}
