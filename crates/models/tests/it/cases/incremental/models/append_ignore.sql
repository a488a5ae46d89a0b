{{ config(materialized='incremental', unique_key='id', incremental_strategy='append', on_schema_change='ignore') }}
select * from {{ ref('src') }}
