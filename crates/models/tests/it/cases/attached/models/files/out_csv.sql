{{ config(format='csv', delimiter='|', location='out/named.csv') }}
select * from {{ ref('out_parquet') }}
