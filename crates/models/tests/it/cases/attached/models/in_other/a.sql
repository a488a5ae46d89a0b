select * from {{ ref('things') }}
