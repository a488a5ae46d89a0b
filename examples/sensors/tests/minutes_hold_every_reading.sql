-- Each reading is in one minute, however late it came.
select (select sum(readings) from {{ ref('fct_minutes') }}) as in_minutes, (select count(*) from {{ ref('readings') }}) as in_silver
where in_minutes is distinct from in_silver
