{{ config(alias='kept', unique_key=none) }}
select 1 as id, {{ 2 if is_incremental() else 1 }} as n
