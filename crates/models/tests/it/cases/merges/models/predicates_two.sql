{{ config(materialized='incremental', incremental_strategy='delete+insert', unique_key=['id', 'part'], incremental_predicates=["DBT_INCREMENTAL_TARGET.part = 'a'"]) }}
select * from {{ ref('src') }}
