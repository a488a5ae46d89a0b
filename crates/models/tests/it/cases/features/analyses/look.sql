select * from {{ ref('older') }}
