select
    run_id as load_run,
    min(loaded_at) as loaded,
    feed,
    cast(count(*) as integer) as files,
    cast(count(*) filter (where status <> 'loaded') as integer) as failed_files,
    cast(sum(rows_read) as bigint) as rows_read,
    cast(sum(rows_accepted) as bigint) as rows_accepted,
    cast(sum(rows_rejected) as bigint) as rows_rejected,
    cast(sum(rows_rejected) as double) / nullif(sum(rows_read), 0) as rejection_rate,
    cast(sum(bytes) as bigint) as bytes,
    round(sum(seconds), 3) as seconds
from {{ ref('fct_ingestion_audit') }}
group by run_id, feed
