-- Salaries as others may see them: bands, and only where five or more people are in one.
select
    department_id,
    cast(floor(salary / 10000) * 10000 as integer) as band_from,
    count(*) as people
from {{ ref('employee_salaries') }}
group by all
having count(*) >= 5
