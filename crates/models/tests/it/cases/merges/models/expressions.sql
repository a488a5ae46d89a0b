{{ config(materialized='incremental', incremental_strategy='merge', unique_key='id', merge_update_set_expressions={'note': "DBT_INTERNAL_DEST.note || '+'"}) }}
select * from {{ ref('src') }}
