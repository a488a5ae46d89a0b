{{ config(event_time='happened') }}
select i as id, timestamp '2024-01-01' + interval (i * 7) hour as happened, i % 3 as kind
from range(20) as t(i)
