-- A key that came twice counts once. Corrections have keys of their own.
select * exclude (src_row_hash)
from {{ source('bronze', 'settlements') }}
qualify row_number() over (partition by settlement_id order by day, src_filename, src_row_number) = 1
