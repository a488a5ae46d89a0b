{{ config(materialized='ephemeral', alias='deep') }}
with x as (select * from {{ ref('ephemeral_one') }}) select * from x
