-- Hours by project, person and day.
select
    timesheets.entry_id,
    timesheets.project_id,
    timesheets.employee_id,
    employees.department_id,
    timesheets.day,
    timesheets.hours
from {{ ref('stg_timesheets') }} as timesheets
left join {{ ref('dim_employees') }} as employees using (employee_id)
