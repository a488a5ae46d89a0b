{{ config(materialized='incremental', incremental_strategy='merge', unique_key='id', merge_on_using_columns=['id']) }}
select * from {{ ref('src') }}
