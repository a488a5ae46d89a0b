select * exclude (src_row_hash) from {{ source('bronze', 'customers') }}
