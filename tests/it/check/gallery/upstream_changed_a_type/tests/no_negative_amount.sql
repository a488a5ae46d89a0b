select 1 as x where false
