{{ config(materialized='incremental', group='people') }}
select id from {{ ref('m3') }} union all select id from {{ ref('m2') }}
