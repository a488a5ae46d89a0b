{{ config(event_time='moment', materialized='table') }} select i as id, timestamp '2024-01-01' + interval (i) day as moment from range(4) as t(i)
