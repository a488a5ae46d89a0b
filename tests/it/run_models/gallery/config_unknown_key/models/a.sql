{{ config(materialised='table', tag='x') }}
select 1 as id
