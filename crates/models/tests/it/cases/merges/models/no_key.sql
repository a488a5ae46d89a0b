{{ config(materialized='incremental', incremental_strategy='merge', on_schema_change='ignore') }}
select * from {{ ref('src') }}
