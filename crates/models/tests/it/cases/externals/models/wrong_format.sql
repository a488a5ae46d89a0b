{{ config(materialized='external', format='xml') }}
select * from {{ ref('src') }} 
