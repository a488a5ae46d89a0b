select *
from generate_dates(1, 2)  -- HERE
