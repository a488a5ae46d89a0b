select id, v from {{ ref('s') }}
