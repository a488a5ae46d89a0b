select *
from {{ source('raw', 'payment') }}  -- HERE
