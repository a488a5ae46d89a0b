-- Each project, with how much of its budget is used.
select
    projects.project_id,
    projects.title,
    projects.budget_hours,
    coalesce(sum(hours.hours), 0) as used_hours
from {{ ref('stg_projects') }} as projects
left join {{ ref('fct_hours') }} as hours using (project_id)
group by all
