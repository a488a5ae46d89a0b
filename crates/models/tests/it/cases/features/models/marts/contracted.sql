select id::integer as id, code::varchar as code from {{ ref('stg_kinds') }}
