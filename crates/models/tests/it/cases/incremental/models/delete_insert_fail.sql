{{ config(materialized='incremental', unique_key='id', incremental_strategy='delete+insert', on_schema_change='fail') }}
select * from {{ ref('src') }}
