select {{ dbt.current_timestamp() }} as now, {{ dbt.snapshot_get_time() }} as snapshot_time,
       {{ dbt.current_timestamp_in_utc_backcompat() }} is not null as has_utc
