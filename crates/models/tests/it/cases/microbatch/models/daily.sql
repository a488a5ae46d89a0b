{{ config(materialized='incremental', incremental_strategy='microbatch', event_time='day', batch_size='day', begin='2024-01-01', lookback=1,
          pre_hook="create table if not exists hook_calls (what varchar); insert into hook_calls values ('before')",
          post_hook="insert into hook_calls values ('after')") }}
select date_trunc('day', happened)::timestamp as day, count(*) as events, {{ is_incremental() | int }} as incremental
from {{ ref('events') }}
group by 1
