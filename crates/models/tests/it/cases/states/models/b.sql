select {{ twice('id') }} as id2, v from {{ ref('a') }}
