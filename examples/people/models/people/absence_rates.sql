-- Absences of each department and day, without the persons.
select
    absences.day,
    employees.department_id,
    count(*) as absences,
    count(*) filter (absences.reason = 'illness') as illnesses
from {{ ref('stg_absences') }} as absences
inner join {{ ref('stg_employees') }} as employees using (employee_id)
group by all
