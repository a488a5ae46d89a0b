select id::integer as id from {{ source('files', 'raw') }}
