select id, nothing_like_this from {{ ref('a') }}
