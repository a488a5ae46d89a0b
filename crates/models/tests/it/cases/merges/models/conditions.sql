{{ config(materialized='incremental', incremental_strategy='merge', unique_key='id', merge_update_condition='DBT_INTERNAL_SOURCE.v > DBT_INTERNAL_DEST.v', merge_insert_condition='DBT_INTERNAL_SOURCE.id < 4') }}
select * from {{ ref('src') }}
