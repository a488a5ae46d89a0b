select 1 as id, 'Ann' as name, 'Hull' as city union all select 3, 'Cat', 'Bath'
