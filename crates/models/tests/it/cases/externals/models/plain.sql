{{ config(materialized='external') }}
select * from {{ ref('src') }} 
