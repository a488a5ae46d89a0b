{{ config(materialized='table', alias='c_named') }}
select id2, {{ var('factor') }} as factor from {{ ref('b') }}
