select 1 as id, 'c' as v, timestamp '2024-01-02' as changed_at union all select 3, 'n', timestamp '2024-01-02'
