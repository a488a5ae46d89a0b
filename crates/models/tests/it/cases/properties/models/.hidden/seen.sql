{{ config(alias='seen') }} select 1 as id
