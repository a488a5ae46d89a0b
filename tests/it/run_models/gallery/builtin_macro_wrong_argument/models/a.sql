select 1 as id,
  {{ dbt.dateadd('day', 1, 'moment', 'utc') }} as d
