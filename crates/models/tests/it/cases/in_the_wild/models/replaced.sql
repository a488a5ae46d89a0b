select 'the project' as made_by
