{{ config(materialized='incremental', incremental_strategy='microbatch', event_time='moment', batch_size='day', begin='2024-01-02', lookback=2) }}
select id, moment, {{ is_incremental() }} as added, '{{ model.batch.event_time_start }}|{{ should_full_refresh() }}' as batch, null::varchar as said
from {{ ref('events') }} {{ "where if(id = " ~ var('broken') ~ ", error('no'), true)" if var('broken', none) is not none }}
