{# View and table, each in one transaction: a run that is killed leaves the old one or the new one. The new one is built
   beside the old one, for it may be what the query reads, and then takes its name. #}

{# No foreign key can point to a view: where one points to the table that is to become one, DuckDB refuses to drop it. #}
{% macro ingot__swap_in(existing, intermediate, final) %}
  {%- set aside = [] -%}
  {%- if final.is_view -%}{%- do adapter.drop_relation(existing) -%}
  {%- else -%}{%- set aside = drop_relation_for_rebuild(existing) -%}
  {%- endif -%}
  {%- do adapter.rename_relation(intermediate, final) -%}
  {%- do return(aside) -%}
{% endmacro %}

{# Whether what follows the main statement belongs to the same transaction. Where nothing does, one statement needs no BEGIN
   and COMMIT around it, which for DuckDB are as much work as a small view. #}
{% macro ingot__is_followed() %}
  {%- set more = post_hooks | selectattr('transaction') | list or config.get('grants') or config.get('persist_docs')
                 or config.get('indexes') -%}
  {%- do return(true if more else false) -%}
{% endmacro %}

{# Where there is no old one, dbt makes the new one under the other name, too, and renames it. With one statement that says
   the name once, it comes to the same to make it under its own; target/run shows what dbt would show. #}
{% macro ingot__build_first(intermediate, final, text) %}
  {%- set direct = adapter.ingot_renamed_in(text, intermediate, final) -%}
  {%- if direct is none -%}
    {%- call statement('main') -%}{{ text }}{%- endcall -%}
    {%- do adapter.rename_relation(intermediate, final) -%}
  {%- else -%}
    {%- do write(text) -%}
    {%- call statement('direct', auto_begin=ingot__is_followed()) -%}{{ direct }}{%- endcall -%}
    {%- set made = load_result('direct') -%}
    {%- do store_result('main', response=made.response, agate_table=made.table) -%}
  {%- endif -%}
{% endmacro %}

{# A model in Python runs in a process of its own, which does not see what is not committed. From here on `sql` is a query
   of the rows that it returned. #}
{% macro ingot__run_python() %}
  {%- if model.language == 'python' -%}
    {%- do adapter.commit() -%}
    {%- do submit_python_job(model, compiled_code) -%}
  {%- endif -%}
{% endmacro %}

{% macro ingot__build(kind, build) %}
  {%- set existing = load_cached_relation(this) -%}
  {%- set final = this.incorporate(type=kind) -%}
  {%- set intermediate = make_intermediate_relation(final) -%}
  {%- do drop_relation_if_exists(load_cached_relation(intermediate)) -%}
  {%- do drop_relation_if_exists(load_cached_relation(make_backup_relation(final, kind))) -%}

  {%- do run_hooks(pre_hooks, inside_transaction=false) -%}
  {%- do run_hooks(pre_hooks, inside_transaction=true) -%}
  {%- do ingot__run_python() -%}

  {%- set aside = [] -%}
  {%- if kind == 'table' and has_foreign_key_constraints(existing) -%}
    {%- if existing is not none -%}{%- do aside.extend(drop_relation_for_rebuild(existing)) -%}{%- endif -%}
    {%- call statement('main') -%}{{ build(final, sql) }}{%- endcall -%}
  {%- elif existing is none -%}
    {%- do ingot__build_first(intermediate, final, build(intermediate, sql)) -%}
  {%- else -%}
    {%- call statement('main') -%}{{ build(intermediate, sql) }}{%- endcall -%}
    {%- do aside.extend(ingot__swap_in(existing, intermediate, final)) -%}
  {%- endif -%}
  {%- do restore_foreign_key_dependents(aside) -%}
  {%- if kind == 'table' -%}{%- do create_indexes(final) -%}{%- endif -%}

  {%- do apply_grants(final, config.get('grants'), should_revoke=should_revoke(existing, full_refresh_mode=true)) -%}
  {%- do persist_docs(final, model) -%}
  {%- do run_hooks(post_hooks, inside_transaction=true) -%}
  {%- do adapter.commit() -%}
  {%- do run_hooks(post_hooks, inside_transaction=false) -%}
  {%- do return({'relations': [final]}) -%}
{% endmacro %}

{% materialization view, default %}{%- do return(ingot__build('view', get_create_view_as_sql)) -%}{% endmaterialization %}
