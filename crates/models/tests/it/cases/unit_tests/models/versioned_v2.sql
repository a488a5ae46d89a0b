select id, label from {{ ref('stg') }}
