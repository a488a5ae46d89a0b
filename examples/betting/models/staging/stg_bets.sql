-- A bet that was delivered twice counts once: as it came first.
select * exclude (src_row_hash)
from {{ source('bronze', 'bets') }}
qualify row_number() over (partition by bet_id order by day, src_filename, src_row_number) = 1
