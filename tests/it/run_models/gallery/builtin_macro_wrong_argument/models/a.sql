select 1 as id,
  {{ dbt.dateadd('day', 1) }} as d
