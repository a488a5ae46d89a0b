{{ config(materialized='incremental', unique_key='id', incremental_strategy='merge', merge_exclude_columns=['stays']) }}
select id, 'a' || (select count(*) from {{ ref('src') }}) as changes, 'b' || (select count(*) from {{ ref('src') }}) as stays from {{ ref('src') }}
