-- Salaries of persons, for the people team alone: models of other groups cannot refer to it.
select
    employees.employee_id,
    employees.first_name,
    employees.last_name,
    employees.department_id,
    salaries.salary
from {{ ref('stg_employees') }} as employees
inner join {{ ref('stg_salaries') }} as salaries using (employee_id)
qualify row_number() over (partition by employees.employee_id order by salaries.salary_id desc) = 1
