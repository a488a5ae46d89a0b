select
    id,
    idd
from {{ ref('a') }}
