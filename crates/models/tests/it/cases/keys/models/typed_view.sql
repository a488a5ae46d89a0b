select 1::bigint as "Mixed Case", 'x' as note
