select 1 as id, 11 as v, 'n' as extra union all select 2, 12, 'm' union all select 3, 5, 'o'
