select 1 as id, 'c' as v, timestamp '2024-01-02' as changed_at union all select 2, 'b', timestamp '2024-01-03'
