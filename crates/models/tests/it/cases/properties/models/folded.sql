{{ config(materialized='ephemeral', alias='folded') }} select 1 as id
