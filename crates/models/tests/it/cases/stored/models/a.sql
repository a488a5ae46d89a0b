select i as id, nullif(i % 3, 0) as third, 'x' || i as name from range(7) as t(i)
