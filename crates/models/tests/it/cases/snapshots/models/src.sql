select 1 as id, 'a' as v, timestamp '2024-01-01' as changed_at union all select 2, 'b', timestamp '2024-01-01'
