{{ config(materialized='ephemeral') }}
select id from {{ ref('m1') }} union all select id from {{ ref('stg_c') }}
