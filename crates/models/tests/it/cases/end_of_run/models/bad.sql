select nothing_like_it from {{ ref('good') }}
