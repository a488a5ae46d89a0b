select *
from {{ ref('aa') }}
