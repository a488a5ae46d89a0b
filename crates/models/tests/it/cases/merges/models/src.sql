select 1 as id, 'a' as part, 10 as v, 'x' as note union all select 2, 'a', 20, 'y' union all select 3, 'b', 30, 'z'
