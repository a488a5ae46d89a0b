select 1 as id, 'c' as k
