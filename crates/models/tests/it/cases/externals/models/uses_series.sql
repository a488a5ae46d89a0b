select * from {{ ref('series') }}(10, 3)
