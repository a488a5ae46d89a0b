{# Seeds: small CSV files of the project as tables. #}

{% materialization seed, default %}
  {%- set existing = load_cached_relation(this) -%}
  {%- set final = this.incorporate(type='table') -%}
  {%- set rebuild = should_full_refresh() -%}
  {%- set csv = load_agate_table() -%}
  {%- do store_result('agate_table', response='OK', agate_table=csv) -%}
  {%- if existing is not none and existing.is_view -%}
    {%- do exceptions.raise_compiler_error('a view stands where this seed should be: ' ~ existing) -%}
  {%- endif -%}
  {%- if existing is not none and not rebuild -%}{%- set csv = adapter.ingot_seed_for_table(existing, csv) -%}{%- endif -%}
  {%- do run_hooks(pre_hooks, inside_transaction=false) -%}
  {%- do run_hooks(pre_hooks, inside_transaction=true) -%}

  {%- if existing is none -%}{%- set prepared = create_csv_table(model, csv) -%}
  {%- else -%}{%- set prepared = reset_csv_table(model, rebuild, existing, csv) -%}
  {%- endif -%}
  {%- set count = csv.rows | length -%}
  {%- set loaded = load_csv_rows(model, csv) if count > 0 else '' -%}
  {%- set code = 'CREATE' if rebuild else 'INSERT' -%}
  {%- call noop_statement('main', code ~ ' ' ~ count, code, count) -%}{{ get_csv_sql(prepared, loaded) }}{%- endcall -%}

  {%- do apply_grants(final, config.get('grants'), should_revoke=should_revoke(existing, full_refresh_mode=rebuild)) -%}
  {%- do persist_docs(final, model) -%}
  {%- if existing is none or rebuild -%}{%- do create_indexes(final) -%}{%- endif -%}
  {%- do run_hooks(post_hooks, inside_transaction=true) -%}
  {%- do adapter.commit() -%}
  {%- do run_hooks(post_hooks, inside_transaction=false) -%}
  {%- do return({'relations': [final]}) -%}
{% endmaterialization %}

{% macro get_csv_sql(create_or_truncate_sql, insert_sql) %}{{ adapter.dispatch('get_csv_sql', 'dbt')(create_or_truncate_sql, insert_sql) }}{% endmacro %}
{% macro default__get_csv_sql(create_or_truncate_sql, insert_sql) %}
    {{ create_or_truncate_sql }};
    -- dbt seed --
    {{ insert_sql }}
{% endmacro %}
{% macro get_seed_column_quoted_csv(model, column_names) %}
  {%- set quoted = [] -%}
  {%- for name in column_names -%}{%- do quoted.append(adapter.quote_seed_column(name, model.config.get('quote_columns'))) -%}{%- endfor -%}
  {%- do return(quoted | join(', ')) -%}
{% endmacro %}

{% macro create_csv_table(model, agate_table) %}{%- do return(adapter.dispatch('create_csv_table', 'dbt')(model, agate_table)) -%}{% endmacro %}
{% macro default__create_csv_table(model, agate_table) %}
  {%- set given = model.config.get('column_types') or {} -%}
  {%- set lines = [] -%}
  {%- for name in agate_table.column_names -%}
    {%- set type = given.get(name, adapter.convert_type(agate_table, loop.index0)) -%}
    {%- do lines.append(adapter.quote_seed_column(name, model.config.get('quote_columns')) ~ ' ' ~ type) -%}
  {%- endfor -%}
  {%- set text = 'create table ' ~ this.render() ~ ' (' ~ lines | join(', ') ~ ')' -%}
  {%- call statement('create_csv_table') -%}{{ text }}{%- endcall -%}
  {%- do return(text) -%}
{% endmacro %}

{% macro reset_csv_table(model, full_refresh, old_relation, agate_table) %}{%- do return(adapter.dispatch('reset_csv_table', 'dbt')(model, full_refresh, old_relation, agate_table)) -%}{% endmacro %}
{% macro default__reset_csv_table(model, full_refresh, old_relation, agate_table) %}
  {%- if full_refresh -%}
    {%- do adapter.drop_relation(old_relation) -%}
    {%- do return(create_csv_table(model, agate_table)) -%}
  {%- endif -%}
  {%- do adapter.truncate_relation(old_relation) -%}
  {%- do return('truncate table ' ~ old_relation.render()) -%}
{% endmacro %}

{% macro load_csv_rows(model, agate_table) %}{%- do return(adapter.dispatch('load_csv_rows', 'dbt')(model, agate_table)) -%}{% endmacro %}
