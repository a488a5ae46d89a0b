{{ config(materialized='external', location='zipped.parquet', options={'compression': 'zstd', 'row_group_size': 122880}) }}
select * from {{ ref('src') }} 
