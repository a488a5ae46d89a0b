{{ config(materialized='incremental', unique_key='id', indexes=[{'columns': ['name']}]) }}
select * from {{ ref('customers') }}
