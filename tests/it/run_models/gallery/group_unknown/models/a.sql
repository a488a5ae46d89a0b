{{ config(group='financ') }}
select 1 as id
