select 1 as id,
  {{ douuble('x') }} as y
