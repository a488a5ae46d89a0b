select name, id from {{ ref('parts') }} union all select name, id from {{ source('files', 'named') }}
