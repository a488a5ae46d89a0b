{{ config(materialized='ephemeral') }}
with a as (select id from {{ ref('tool_seed') }}) select id from a where id > 0
