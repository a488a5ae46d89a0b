{# View and table, each in one transaction: a run that is killed leaves the old one or the new one. The new one is built
   beside the old one, for it may be what the query reads, and then takes its name; as under dbt where there is no old one,
   too, so that the SQL under target/run is the same. #}

{% macro ingot__swap_in(existing, intermediate, final) %}
  {%- set aside = drop_relation_for_rebuild(existing) -%}
  {%- do adapter.rename_relation(intermediate, final) -%}
  {%- do return(aside) -%}
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
  {%- else -%}
    {%- call statement('main') -%}{{ build(intermediate, sql) }}{%- endcall -%}
    {%- if existing is none -%}{%- do adapter.rename_relation(intermediate, final) -%}
    {%- else -%}{%- do aside.extend(ingot__swap_in(existing, intermediate, final)) -%}
    {%- endif -%}
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
{% materialization table, default, supported_languages=['sql', 'python'] %}{%- do return(ingot__build('table', ingot__table_sql)) -%}{% endmaterialization %}
