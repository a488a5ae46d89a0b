select 1 as id, 'a' as part, 11 as v, 'x2' as note union all select 3, 'b', 5, 'z2' union all select 4, 'b', 40, 'w'
