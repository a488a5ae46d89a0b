{{ config(materialized='table', alias='things', schema='lake') }}
select 1 as id, 'v' as v
