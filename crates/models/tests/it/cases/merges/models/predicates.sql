{{ config(materialized='incremental', incremental_strategy='delete+insert', unique_key='id', incremental_predicates=['v > 15']) }}
select * from {{ ref('src') }}
