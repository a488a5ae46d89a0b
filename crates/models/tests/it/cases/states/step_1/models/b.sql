select {{ twice('id') }} as id2, v, 'new' as more from {{ ref('a') }}
