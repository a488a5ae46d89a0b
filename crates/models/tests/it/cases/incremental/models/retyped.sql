{{ config(materialized='incremental', incremental_strategy='append', on_schema_change='sync_all_columns') }}
select {{ "'five'" if is_incremental() else 5 }} as v, 'x' as z, 1 as w
