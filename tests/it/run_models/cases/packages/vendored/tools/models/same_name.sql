select 'tools' as owner
