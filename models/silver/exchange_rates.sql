select
    rate_date,
    currency,
    rate_to_aud,
    ingestion_ts,
    src_filename,
    src_row_hash,
    src_row_number
from {{ first_rows(ref('stg_exchange_rates'), 'rate_date, currency', survivor_order(), where='rate_to_aud > 0') }}
