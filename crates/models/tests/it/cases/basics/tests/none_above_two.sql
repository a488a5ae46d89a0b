select * from {{ ref('a') }} where id > 2
