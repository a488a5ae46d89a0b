{{ config(materialized='view') }}
select id2, {{ var('factor') }} as factor from {{ ref('b') }}
