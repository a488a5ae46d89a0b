select i as id, i % 3 as k, case when i < 3 then null else i end as n from range(10) t(i)
