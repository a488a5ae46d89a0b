{{ config(alias='other_name', schema='apart') }}
select id from {{ ref('eph_below') }}
