select 'the package' as made_by
