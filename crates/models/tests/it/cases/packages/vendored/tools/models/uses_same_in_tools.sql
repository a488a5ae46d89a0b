select owner from {{ ref('same_name') }}
