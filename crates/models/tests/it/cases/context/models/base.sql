{{ config(materialized='table', tags=['t1', 't2'], alias='base_alias') }}
select 1 as id, 'a' as name, 1.5 as amount, date '2024-02-29' as day, timestamp '2024-01-01 10:00:00' as moment, null as nothing
union all select 2, 'b', 2.5, date '2024-03-01', timestamp '2024-01-02 11:30:00', null
