-- What everybody may know of a person: no name, no address, no date of birth.
select
    employees.employee_id,
    employees.department_id,
    coalesce(departments.name, 'unknown') as department,
    employees.job_title,
    employees.hired_on,
    year(employees.birth_date) // 10 * 10 as born_in_decade
from {{ ref('stg_employees') }} as employees
left join {{ ref('stg_departments') }} as departments using (department_id)
