select s.id, s.v from {{ source('lake', 'things') }} as s join {{ ref('stg') }} as t using (id)
