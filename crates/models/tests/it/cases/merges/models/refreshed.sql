{{ config(materialized='incremental', incremental_strategy='append', full_refresh=true) }}
select * from {{ ref('src') }}
