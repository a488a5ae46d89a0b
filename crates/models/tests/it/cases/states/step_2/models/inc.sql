{{ config(materialized='incremental', unique_key='id') }}
select id, nothing from {{ ref('a') }}
