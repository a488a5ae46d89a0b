{{ config(materialized='incremental', unique_key='id', incremental_strategy='append', on_schema_change='append_new_columns') }}
select * from {{ ref('src') }}
