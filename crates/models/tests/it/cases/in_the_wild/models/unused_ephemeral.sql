{{ config(materialized='ephemeral') }}
select * from {{ ref('variables') }}
