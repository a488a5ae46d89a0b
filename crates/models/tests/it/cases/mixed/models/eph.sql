{{ config(materialized='ephemeral') }} select id from {{ source('ext', 'raw') }} where id > 1
