select id, code from {{ ref('stg_kinds') }}
