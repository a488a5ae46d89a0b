{{ config(materialized='nothing_much', color='red', meta={'size': 3}) }}
select * from {{ ref('one') }}
