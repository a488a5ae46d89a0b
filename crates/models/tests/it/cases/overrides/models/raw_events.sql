{{ config(materialized='table') }}
select timestamp '2024-01-01 00:00:00' as at_time, false as deleted union all select timestamp '2024-01-01 04:59:00', true
