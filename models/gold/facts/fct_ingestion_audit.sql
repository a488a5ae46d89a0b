{#- Made anew each time: the manifest keeps every delivery of every file. -#}
{%- set manifest = source('ingot', 'manifest_deliveries') %}
{%- set is_there = execute and adapter.get_relation(manifest.database, manifest.schema, manifest.identifier) is not none %}
{%- if execute and not is_there %}
    {%- do exceptions.warn('There is no ' ~ manifest ~ ' in this database, so fct_ingestion_audit has no rows. `ingot load-bronze` writes it, into the database that the profile names.') %}
{%- endif %}

with files as (

    {%- if is_there or not execute %}

    select
        run_id,
        table_name,
        src_path,
        processed_at,
        status,
        rows_read,
        row_count,
        reject_count,
        bytes,
        seconds,
        error
    from {{ manifest }}
    {%- else %}

    select
        cast(null as varchar) as run_id,
        cast(null as varchar) as table_name,
        cast(null as varchar) as src_path,
        cast(null as timestamp) as processed_at,
        cast(null as varchar) as status,
        cast(null as bigint) as rows_read,
        cast(null as bigint) as row_count,
        cast(null as bigint) as reject_count,
        cast(null as bigint) as bytes,
        cast(null as double) as seconds,
        cast(null as varchar) as error
    where false
    {%- endif %}

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
