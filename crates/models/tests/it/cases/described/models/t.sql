{{ config(materialized='table') }}
select 1 as id, 'x' as "Two Words", 3 as untold
