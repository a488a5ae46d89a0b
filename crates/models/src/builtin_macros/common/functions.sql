{# Functions of the database: https://github.com/dbt-labs/dbt-adapters/tree/main/dbt-adapters/src/dbt/include/global_project/macros/materializations/functions #}

{% materialization function, default, supported_languages=['sql', 'python', 'javascript'] %}
  {%- set existing = load_cached_relation(this) -%}
  {%- set target_relation = this.incorporate(type='function') -%}
  {{- run_hooks(pre_hooks) -}}
  {%- set macro_name = config.get('type', 'scalar') ~ '_function_' ~ model.language -%}
  {%- set build_sql = adapter.dispatch(macro_name, 'dbt')(target_relation) -%}
  {{- function_execute_build_sql(build_sql, existing, target_relation) -}}
  {{- run_hooks(post_hooks) -}}
  {%- do return({'relations': [target_relation]}) -%}
{% endmaterialization %}

{% macro function_execute_build_sql(build_sql, existing_relation, target_relation) %}
  {%- do return(adapter.dispatch('function_execute_build_sql', 'dbt')(build_sql, existing_relation, target_relation)) -%}
{% endmacro %}

{% macro default__function_execute_build_sql(build_sql, existing_relation, target_relation) %}
  {%- call statement('main') -%}{{ build_sql }}{%- endcall -%}
  {%- do apply_grants(target_relation, config.get('grants'), should_revoke=should_revoke(existing_relation, full_refresh_mode=true)) -%}
  {%- do adapter.commit() -%}
{% endmacro %}

{% macro scalar_function_sql(target_relation) %}
  {%- do return(adapter.dispatch('scalar_function_sql', 'dbt')(target_relation)) -%}
{% endmacro %}

{% macro aggregate_function_sql(target_relation) %}
  {%- do return(adapter.dispatch('aggregate_function_sql', 'dbt')(target_relation)) -%}
{% endmacro %}

{% macro formatted_scalar_function_args_sql() %}
  {%- do return(adapter.dispatch('formatted_scalar_function_args_sql', 'dbt')()) -%}
{% endmacro %}

{% macro default__formatted_scalar_function_args_sql() %}
  {%- set args = [] -%}
  {%- for arg in model.arguments -%}{%- do args.append(arg.name ~ ' ' ~ arg.data_type) -%}{%- endfor -%}
  {%- do return(args | join(', ')) -%}
{% endmacro %}

{# dbt's first question to a function in Python. #}
{% macro ingot__needs_entry_point() %}
  {%- if model.language == 'python' and not model.config.get('entry_point') -%}
    {%- do exceptions.raise_compiler_error('An `entry_point` is required for python functions') -%}
  {%- endif -%}
{% endmacro %}
