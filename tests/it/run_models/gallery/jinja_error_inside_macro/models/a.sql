select 1 as id,
 {{ outer() }} as y
