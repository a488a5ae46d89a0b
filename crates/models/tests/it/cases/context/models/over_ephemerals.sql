-- a comment before
select a.id, b.name from {{ ref('ephemeral_two') }} as a join {{ ref('ephemeral_one') }} as b using (id)
