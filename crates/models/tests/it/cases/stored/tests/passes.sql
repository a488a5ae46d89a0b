select id from {{ ref('a') }} where id > 40
