select id from {{ source('raw', 'errors') }}
