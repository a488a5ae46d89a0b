{# Models kept as files outside the database, with a view over them. #}

{% macro external_location(relation, config) %}
  {%- set folder = adapter.external_root() ~ '/' ~ relation.identifier -%}
  {%- if config.get('options', {}).get('partition_by') is none -%}{{ folder }}.{{ config.get('format', 'parquet') }}
  {%- else -%}{{ folder }}
  {%- endif -%}
{% endmacro %}

{% macro render_write_options(config) %}
  {%- set options = {} -%}
  {%- for key, value in (config.get('options', {}) or {}).items() -%}{%- do options.update({key: render(value | string)}) -%}{%- endfor -%}
  {%- for key in ['format', 'delimiter'] if config.get(key) -%}{%- do options.update({key: render(config.get(key))}) -%}{%- endfor -%}
  {%- do return(options) -%}
{% endmacro %}

{# The view over the files: the reader of their format, with the options that the model gives it. #}
{% macro ingot__read_files(format, read, options, columns) %}
  {%- set given = [] -%}
  {%- for key, value in options.items() -%}{%- do given.append(', ' ~ key ~ '=' ~ ("'" ~ value ~ "'" if value is string else value)) -%}{%- endfor -%}
  select * from read_{{ format }}('{{ read }}'{{ given | join }})
  {#- An empty model is written as one row of NULLs, which is not to be seen. -#}
  {%- if columns %}
  where not ({% for column in columns %}{{ column.quoted }} is null{{ ' and ' if not loop.last }}{% endfor %})
  {%- endif %}
{% endmacro %}

{% macro location_exists(location) %}{%- do return(adapter.location_exists(location)) -%}{% endmacro %}
{% macro write_to_file(relation, location, options) %}
  {%- call statement('write_to_file') -%}copy {{ relation }} to '{{ location }}' ({{ options }}){%- endcall -%}
{% endmacro %}

{% materialization external, adapter='duckdb', supported_languages=['sql', 'python'] %}
  {%- set location = render(config.get('location', default=external_location(this, config))) -%}
  {%- set options = render_write_options(config) -%}
  {%- set format = config.get('format') -%}
  {%- if format and format not in ['csv', 'parquet', 'json'] -%}
    {%- do exceptions.raise_compiler_error("an external model has the format csv, parquet or json, not '" ~ format ~ "'") -%}
  {%- endif -%}
  {%- if config.get('plugin') or config.get('glue_register') -%}
    {%- do exceptions.raise_compiler_error('plugins (and glue_register) of external models are Python and cannot run here; take the config out') -%}
  {%- endif -%}
  {%- set written = adapter.external_write_options(location, options) -%}
  {%- if not format -%}
    {%- set by_location = adapter.ingot_format_of(location, options) -%}
    {%- set format = by_location if by_location in ['csv', 'json'] else 'parquet' -%}
  {%- endif -%}
  {%- set read = adapter.external_read_location(location, options) -%}
  {%- set read_options = {
        'parquet': config.get('parquet_read_options', {'union_by_name': false}),
        'json': config.get('json_read_options', {'auto_detect': true}),
        'csv': config.get('csv_read_options', {'auto_detect': true})}[format] -%}
  {%- if options.get('compression') and format != 'parquet' and 'compression' not in read_options -%}
    {%- set read_options = dict(read_options, compression=options.compression) -%}
  {%- endif -%}

  {%- set existing = load_cached_relation(this) -%}
  {%- set final = this.incorporate(type='view') -%}
  {%- set rows = make_intermediate_relation(this.incorporate(type='table')) -%}
  {%- set intermediate = make_intermediate_relation(final, suffix='__dbt_int') -%}
  {%- set backup = make_backup_relation(final, existing.type if existing is not none else 'view') -%}
  {%- for left in [rows, intermediate, backup] -%}{%- do drop_relation_if_exists(load_cached_relation(left)) -%}{%- endfor -%}
  {%- do run_hooks(pre_hooks, inside_transaction=false) -%}
  {%- do run_hooks(pre_hooks, inside_transaction=true) -%}
  {%- do ingot__run_python() -%}

  {%- call statement('create_table') -%}{{ create_table_as(false, rows, sql) }}{%- endcall -%}
  {%- set is_empty = run_query('select 1 from ' ~ rows ~ ' limit 1') | length == 0 -%}
  {%- set columns = adapter.get_columns_in_relation(rows) if is_empty else [] -%}
  {%- if is_empty -%}
    {%- do run_query('insert into ' ~ rows ~ ' values (' ~ (['null'] * columns | length) | join(', ') ~ ')') -%}
  {%- endif -%}
  {%- do write_to_file(rows, location, written) -%}
  {%- call statement('main') -%}
    create or replace view {{ intermediate }} as (
      {{ ingot__read_files(format, read, read_options, columns) }}
    );
  {%- endcall -%}
  {%- if existing is not none -%}{%- do adapter.rename_relation(existing, backup) -%}{%- endif -%}
  {%- do adapter.rename_relation(intermediate, final) -%}
  {%- do run_hooks(post_hooks, inside_transaction=true) -%}
  {%- do apply_grants(final, config.get('grants'), should_revoke=true) -%}
  {%- do persist_docs(final, model) -%}
  {%- do adapter.commit() -%}
  {%- if existing is not none -%}{%- do drop_relation_if_exists(backup) -%}{%- endif -%}
  {%- do adapter.drop_relation(rows) -%}
  {%- do run_hooks(post_hooks, inside_transaction=false) -%}
  {%- do return({'relations': [final]}) -%}
{% endmaterialization %}

{# For on-run-start: external models that this run reads and does not build get their views, which a database in memory
   does not have. #}
{% macro register_upstream_external_models() %}
{%- if execute -%}
  {%- set done = [] -%}
  {%- for id in selected_resources if id in graph.nodes -%}
    {%- for upstream in graph.nodes[id].depends_on.nodes if upstream not in selected_resources and upstream not in done and upstream in graph.nodes -%}
      {%- do done.append(upstream) -%}
      {%- set node = graph.nodes[upstream] -%}
      {%- if node.resource_type in ['model', 'seed'] and node.config.materialized == 'external' -%}
        {%- set relation = api.Relation.create(database=node.database, schema=node.schema, identifier=node.alias) -%}
        {%- set location = node.config.get('location') or external_location(relation, node.config) -%}
        {%- do adapter.create_schema(relation.without_identifier()) -%}
        {%- do run_query('create or replace view ' ~ relation ~ " as (select * from '" ~ adapter.external_read_location(location, render_write_options(node.config)) ~ "')") -%}
      {%- endif -%}
    {%- endfor -%}
  {%- endfor -%}
  {%- do adapter.commit() -%}
{%- endif -%}
{% endmacro %}
