{{ config(materialized='external', location='parts', options={'partition_by': 'part', 'overwrite_or_ignore': 1}) }}
select * from {{ ref('src') }} 
