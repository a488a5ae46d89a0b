{{ config(materialized='ephemeral') }}
select id from {{ ref('eph_below') }} where id < 3
