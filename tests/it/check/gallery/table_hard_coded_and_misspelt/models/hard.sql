select *
from stg_ordres  -- HERE
