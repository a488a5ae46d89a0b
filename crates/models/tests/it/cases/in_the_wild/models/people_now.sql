select 1 as id, 'Ann' as name, 'Leeds' as city union all select 2, 'Ben', 'York'
