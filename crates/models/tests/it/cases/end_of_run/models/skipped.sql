{{ config(schema='later') }}
select * from {{ ref('bad') }}
