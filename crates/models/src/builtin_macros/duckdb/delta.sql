{# Models kept as Delta tables outside the database, with a view over the files of their newest version.
   config(materialized='delta', location='folder', unique_key='id', partition_by=['day']); ours alone, dbt-duckdb has none. #}

{% macro ingot__delta_location(relation) %}
  {%- do return(render(config.get('location', default=adapter.external_root() ~ '/' ~ relation.identifier))) -%}
{% endmacro %}

{% materialization delta, adapter='duckdb' %}
  {%- set location = ingot__delta_location(this) -%}
  {%- set existing = load_cached_relation(this) -%}
  {%- set final = this.incorporate(type='view') -%}
  {%- set incremental = adapter.ingot_delta_exists(location) and not should_full_refresh() -%}
  {%- set keys = normalize_string_or_list(config.get('unique_key'), 'unique_key') -%}
  {%- if existing is not none and not existing.is_view -%}
    {%- do exceptions.raise_compiler_error(existing ~ ' is a table, and a model with the materialization delta makes a view of that name; drop the table') -%}
  {%- endif -%}
  {%- do run_hooks(pre_hooks, inside_transaction=false) -%}
  {%- do run_hooks(pre_hooks, inside_transaction=true) -%}
  {%- set new_rows = make_temp_relation(this.incorporate(type='table')) -%}
  {%- call statement('main') -%}{{ create_table_as(true, new_rows, sql) }}{%- endcall -%}
  {%- set query = adapter.ingot_delta_commit(
        location, new_rows, keys,
        normalize_string_or_list(config.get('partition_by'), 'partition_by'),
        'replace' if not incremental else ('merge' if keys else 'append'),
        config.get('on_schema_change') or 'ignore') -%}
  {%- call statement('view') -%}create or replace view {{ final }} as ({{ query }}){%- endcall -%}
  {%- do run_hooks(post_hooks, inside_transaction=true) -%}
  {%- do persist_docs(final, model) -%}
  {%- do adapter.commit() -%}
  {%- do adapter.drop_relation(new_rows) -%}
  {%- do run_hooks(post_hooks, inside_transaction=false) -%}
  {%- do return({'relations': [final]}) -%}
{% endmaterialization %}
