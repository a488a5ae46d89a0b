{#- Made anew each time: the manifest keeps every change. -#}
{%- set manifest = source('ingot', 'manifest_schema_changes') %}
{%- set is_there = execute and adapter.get_relation(manifest.database, manifest.schema, manifest.identifier) is not none %}

with changes as (

    {%- if is_there or not execute %}

    select
        run_id,
        changed_at,
        table_name,
        column_name,
        change,
        data_type,
        evolution_mode,
        src_path,
        files
    from {{ manifest }}
    {%- else %}

    select
        cast(null as varchar) as run_id,
        cast(null as timestamp) as changed_at,
        cast(null as varchar) as table_name,
        cast(null as varchar) as column_name,
        cast(null as varchar) as change,
        cast(null as varchar) as data_type,
        cast(null as varchar) as evolution_mode,
        cast(null as varchar) as src_path,
        cast(null as bigint) as files
    where false
    {%- endif %}

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
