select i as id, i % 2 as part, 'n' || i as name from range(4) as t(i)
