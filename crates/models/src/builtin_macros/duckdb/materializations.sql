{# Tables and incremental models. As with dbt-duckdb they are the adapter's own, so that a project's `materialization table,
   default` does not replace them, and its `materialization table, adapter='duckdb'` does. #}

{% materialization table, adapter='duckdb', supported_languages=['sql', 'python'] %}{%- do return(ingot__build('table', ingot__table_sql)) -%}{% endmaterialization %}

{# Only new rows are computed, and put into the table that is there. #}
{% materialization incremental, adapter='duckdb', supported_languages=['sql', 'python'] %}
  {%- set existing = load_cached_relation(this) -%}
  {%- set final = this.incorporate(type='table') -%}
  {%- set intermediate = make_intermediate_relation(final) -%}
  {%- set rebuild = should_full_refresh() or (existing is not none and existing.is_view) -%}
  {%- set on_schema_change = incremental_validate_on_schema_change(config.get('on_schema_change'), default='ignore') -%}
  {%- do drop_relation_if_exists(load_cached_relation(intermediate)) -%}
  {%- do drop_relation_if_exists(load_cached_relation(make_backup_relation(final, 'table'))) -%}

  {%- do run_hooks(pre_hooks, inside_transaction=false) -%}
  {%- do run_hooks(pre_hooks, inside_transaction=true) -%}
  {%- do ingot__run_python() -%}

  {%- set to_drop = [] -%}
  {%- if existing is none -%}
    {%- set text = ingot__table_sql(final, sql) -%}
    {%- set begins = ingot__is_followed() or not adapter.ingot_is_one_statement(text) -%}
    {%- call statement('main', auto_begin=begins) -%}{{ text }}{%- endcall -%}
  {%- elif rebuild and has_foreign_key_constraints(existing) -%}
    {%- set aside = drop_relation_for_rebuild(existing) -%}
    {%- call statement('main') -%}{{ ingot__table_sql(final, sql) }}{%- endcall -%}
    {%- do restore_foreign_key_dependents(aside) -%}
  {%- elif rebuild -%}
    {%- call statement('main') -%}{{ ingot__table_sql(intermediate, sql) }}{%- endcall -%}
    {%- do restore_foreign_key_dependents(ingot__swap_in(existing, intermediate, final)) -%}
  {%- else -%}
    {%- set new_rows = make_temp_relation(final) -%}
    {%- do to_drop.append(new_rows) -%}
    {%- call statement('new_rows') -%}{{ get_create_table_as_sql(true, new_rows, sql) }}{%- endcall -%}
    {%- set columns = process_schema_changes(on_schema_change, new_rows, existing) -%}
    {%- if not columns -%}{%- set columns = adapter.get_columns_in_relation(existing) -%}{%- endif -%}
    {%- set strategy = adapter.get_incremental_strategy_macro(context, config.get('incremental_strategy') or 'default') -%}
    {%- set arguments = {
          'target_relation': final, 'temp_relation': new_rows, 'unique_key': config.get('unique_key'),
          'dest_columns': columns,
          'incremental_predicates': config.get('predicates', none) or config.get('incremental_predicates', none)} -%}
    {%- call statement('main') -%}{{ strategy(arguments) }}{%- endcall -%}
  {%- endif -%}

  {%- if existing is none or rebuild -%}{%- do create_indexes(final) -%}{%- endif -%}
  {%- do apply_grants(final, config.get('grants'), should_revoke=should_revoke(existing, rebuild)) -%}
  {%- do persist_docs(final, model) -%}
  {%- do run_hooks(post_hooks, inside_transaction=true) -%}
  {%- do adapter.commit() -%}
  {%- for relation in to_drop -%}{%- do adapter.drop_relation(relation) -%}{%- endfor -%}
  {%- do run_hooks(post_hooks, inside_transaction=false) -%}
  {%- do return({'relations': [final]}) -%}
{% endmaterialization %}
