select id, code, 'x' as extra from {{ ref('stg_kinds') }}
