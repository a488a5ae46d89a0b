select
    rate_date,
    currency,
    rate_to_aud,
    ingestion_ts,
    src_filename,
    src_row_hash,
    src_row_number
from {{ ref('stg_exchange_rates') }}
where rate_to_aud > 0
qualify row_number() over (partition by rate_date, currency order by {{ survivor_order() }}) = 1
