select 1 as id, 'z' as extra union all select 4, 'y'
