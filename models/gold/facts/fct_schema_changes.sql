{#- Made anew each time: the manifest keeps every change. -#}
with changes as (

    {{ manifest_rows(source('ingot', 'manifest_schema_changes'), {
        'run_id': 'varchar',
        'changed_at': 'timestamp',
        'table_name': 'varchar',
        'column_name': 'varchar',
        'change': 'varchar',
        'data_type': 'varchar',
        'evolution_mode': 'varchar',
        'src_path': 'varchar',
        'files': 'bigint',
    }) }}

)

select
    {{ surrogate_key(['run_id', 'table_name', 'column_name', 'change']) }} as schema_change_key,
    {{ date_key('changed_at') }} as date_key,
    run_id,
    changed_at,
    table_name as feed,
    column_name,
    change,
    data_type,
    evolution_mode,
    src_path as file_path,
    files
from changes
