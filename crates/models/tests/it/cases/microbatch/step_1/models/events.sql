{{ config(event_time='happened') }}
select i as id, timestamp '2024-01-01' + interval (i * 7) hour as happened, 9 as kind
from range(24) as t(i)
