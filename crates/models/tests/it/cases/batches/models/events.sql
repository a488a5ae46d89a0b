{{ config(event_time='moment') }}
select i as id, timestamp '2024-01-01' + interval (i) day as moment from range(6) as t(i)
