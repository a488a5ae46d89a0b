{#- Made anew each time: the manifest keeps every delivery of every file. -#}
{%- set manifest = source('ingot', 'manifest_deliveries') %}
{%- if execute and not is_in_database(manifest) %}
    {%- do exceptions.warn('There is no ' ~ manifest ~ ' in this database, so fct_ingestion_audit has no rows. `ingot load-bronze` writes it, into the database that the profile names.') %}
{%- endif %}

with files as (

    {{ manifest_rows(manifest, {
        'run_id': 'varchar',
        'table_name': 'varchar',
        'src_path': 'varchar',
        'processed_at': 'timestamp',
        'status': 'varchar',
        'rows_read': 'bigint',
        'row_count': 'bigint',
        'reject_count': 'bigint',
        'bytes': 'bigint',
        'seconds': 'double',
        'error': 'varchar',
    }) }}

)

select
    {{ surrogate_key(['run_id', 'src_path']) }} as ingestion_key,
    {{ date_key('processed_at') }} as date_key,
    run_id,
    table_name as feed,
    src_path as file_path,
    processed_at as loaded_at,
    status,
    rows_read,
    row_count as rows_accepted,
    reject_count as rows_rejected,
    bytes,
    seconds,
    error
from files
