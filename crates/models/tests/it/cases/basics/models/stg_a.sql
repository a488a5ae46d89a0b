select 1 as id, 'x' as kind union all select 2, 'y'
