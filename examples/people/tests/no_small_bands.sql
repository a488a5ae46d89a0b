-- A band of fewer than five people would tell who they are.
select * from {{ ref('salary_bands') }} where people < 5
