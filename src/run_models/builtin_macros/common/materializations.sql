{# View and table. A new relation is built beside the old one and takes its name in one transaction, so that a
   run that is killed leaves the old one or the new one. #}

{% macro ingot__swap_in(existing, intermediate, final, backup) %}
  {%- set aside = [] -%}
  {%- if existing is not none -%}
    {%- do drop_indexes_on_relation(existing) -%}
    {%- if existing.is_table and may_be_foreign_key_target(existing) -%}{%- do aside.extend(drop_foreign_key_dependents(existing)) -%}{%- endif -%}
    {%- do adapter.rename_relation(existing, backup) -%}
  {%- endif -%}
  {%- do adapter.rename_relation(intermediate, final) -%}
  {%- do return(aside) -%}
{% endmacro %}

{% macro ingot__build_beside(kind, build) %}
  {%- set existing = load_cached_relation(this) -%}
  {%- set final = this.incorporate(type=kind) -%}
  {%- set intermediate = make_intermediate_relation(final) -%}
  {%- set backup = make_backup_relation(final, existing.type if existing is not none else kind) -%}
  {%- do drop_relation_if_exists(load_cached_relation(intermediate)) -%}
  {%- do drop_relation_if_exists(load_cached_relation(backup)) -%}

  {%- do run_hooks(pre_hooks, inside_transaction=false) -%}
  {%- do run_hooks(pre_hooks, inside_transaction=true) -%}

  {%- set aside = [] -%}
  {%- if kind == 'table' and has_foreign_key_constraints(existing) -%}
    {%- if existing is not none -%}{%- do aside.extend(drop_relation_for_rebuild(existing)) -%}{%- endif -%}
    {%- call statement('main') -%}{{ build(final, sql) }}{%- endcall -%}
  {%- else -%}
    {%- call statement('main') -%}{{ build(intermediate, sql) }}{%- endcall -%}
    {%- do aside.extend(ingot__swap_in(existing, intermediate, final, backup)) -%}
  {%- endif -%}
  {%- do restore_foreign_key_dependents(aside) -%}
  {%- if kind == 'table' -%}{%- do create_indexes(final) -%}{%- endif -%}

  {%- do apply_grants(final, config.get('grants'), should_revoke=should_revoke(existing, full_refresh_mode=true)) -%}
  {%- do persist_docs(final, model) -%}
  {%- do run_hooks(post_hooks, inside_transaction=true) -%}
  {%- do adapter.commit() -%}

  {%- do drop_relation_if_exists(load_cached_relation(backup)) -%}
  {%- do run_hooks(post_hooks, inside_transaction=false) -%}
  {%- do return({'relations': [final]}) -%}
{% endmacro %}

{% macro ingot__table_sql(relation, sql) %}{{ get_create_table_as_sql(false, relation, sql) }}{% endmacro %}

{% materialization view, default %}{%- do return(ingot__build_beside('view', get_create_view_as_sql)) -%}{% endmaterialization %}
{% materialization table, default %}{%- do return(ingot__build_beside('table', ingot__table_sql)) -%}{% endmaterialization %}
