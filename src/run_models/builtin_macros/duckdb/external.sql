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

{% materialization external, adapter='duckdb' %}
  {%- set options = render_write_options(config) -%}
  {%- set location = render(config.get('location', default=external_location(this, config))) -%}
  {%- set written = adapter.external_write_options(location, options) -%}
  {%- set read = adapter.external_read_location(location, options) -%}
  {%- set existing = load_cached_relation(this) -%}
  {%- set final = this.incorporate(type='view') -%}
  {%- set rows = make_intermediate_relation(this.incorporate(type='table')) -%}
  {%- set backup = make_backup_relation(final, existing.type if existing is not none else 'view') -%}
  {%- do drop_relation_if_exists(load_cached_relation(rows)) -%}
  {%- do drop_relation_if_exists(load_cached_relation(backup)) -%}
  {%- do run_hooks(pre_hooks, inside_transaction=false) -%}
  {%- do run_hooks(pre_hooks, inside_transaction=true) -%}
  {%- call statement('main') -%}{{ create_table_as(false, rows, sql) }}{%- endcall -%}
  {%- call statement('write_to_file') -%}copy {{ rows }} to '{{ location }}' ({{ written }}){%- endcall -%}
  {%- if existing is not none -%}{%- do adapter.rename_relation(existing, backup) -%}{%- endif -%}
  {%- set format = config.get('format', 'parquet') -%}
  {%- call statement('read_back') -%}
    create view {{ final }} as (select * from '{{ read }}')
  {%- endcall -%}
  {%- do adapter.drop_relation(rows) -%}
  {%- do run_hooks(post_hooks, inside_transaction=true) -%}
  {%- do persist_docs(final, model) -%}
  {%- do adapter.commit() -%}
  {%- if existing is not none -%}{%- do drop_relation_if_exists(backup) -%}{%- endif -%}
  {%- do run_hooks(post_hooks, inside_transaction=false) -%}
  {%- do return({'relations': [final]}) -%}
{% endmaterialization %}
