{{ config(materialized='external', location='by_name.csv.gz') }}
select * from {{ ref('src') }} 
