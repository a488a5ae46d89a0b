{{ config(materialized='incremental', unique_key='id', incremental_strategy='merge', on_schema_change='fail') }}
select * from {{ ref('src') }}
