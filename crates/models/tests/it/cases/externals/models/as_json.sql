{{ config(materialized='external', format='json') }}
select * from {{ ref('src') }} 
