{{ config(materialized='incremental', incremental_strategy='microbatch', event_time='happened', batch_size='month', begin='2023-12-15') }}
select id, happened, kind, '{{ model.batch.id if model.batch }}' as batch from {{ ref('events') }}
