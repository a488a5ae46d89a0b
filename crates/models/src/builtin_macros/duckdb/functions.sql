{# Functions as macros of DuckDB. A database in a file takes no types of arguments (before storage version 1.4), so only
   defaults and what is returned are cast to the types that the properties name. #}

{% macro duckdb__formatted_scalar_function_args_sql() %}
  {%- set args = [] -%}
  {%- for arg in model.arguments -%}
    {%- set default = arg.get('default_value') -%}
    {%- set text = arg.name -%}
    {%- if default is not none -%}
      {%- set literal = ("'" ~ (default | replace("'", "''")) ~ "'") if default is string else (default | string) -%}
      {%- set text = text ~ ' := cast(' ~ literal ~ ' as ' ~ arg.data_type ~ ')' -%}
    {%- endif -%}
    {%- do args.append(text) -%}
  {%- endfor -%}
  {%- do return(args | join(', ')) -%}
{% endmacro %}

{% macro ingot__create_function(target_relation, body) %}
create or replace macro {{ target_relation.render() }}({{ formatted_scalar_function_args_sql() }}) as cast(({{ body }}
) as {{ model.returns.data_type }})
{% endmacro %}

{% macro duckdb__scalar_function_sql(target_relation) %}
  {%- do return(ingot__create_function(target_relation, ingot__without_end(model.compiled_code))) -%}
{% endmacro %}

{# The rows are those of the query that calls it, so what comes after `select` is all there is. #}
{% macro duckdb__aggregate_function_sql(target_relation) %}
  {%- set body = ingot__without_end(model.compiled_code).strip() -%}
  {%- if body[:6] | lower == 'select' -%}{%- set body = body[6:] -%}{%- endif -%}
  {%- do return(ingot__create_function(target_relation, body)) -%}
{% endmacro %}

{% macro ingot__without_end(code) %}
  {%- set code = code.strip() -%}
  {%- do return(code[:-1] if code.endswith(';') else code) -%}
{% endmacro %}

{% macro duckdb__scalar_function_python(target_relation) %}{{ ingot__only_sql() }}{% endmacro %}
{% macro duckdb__aggregate_function_python(target_relation) %}{{ ingot__only_sql() }}{% endmacro %}
{% macro duckdb__scalar_function_javascript(target_relation) %}{{ ingot__only_sql() }}{% endmacro %}
{% macro duckdb__aggregate_function_javascript(target_relation) %}{{ ingot__only_sql() }}{% endmacro %}

{% macro ingot__only_sql() %}
  {%- do ingot__needs_entry_point() -%}
  {%- do exceptions.raise_compiler_error("a function in " ~ model.language ~ " cannot be kept in DuckDB; write it in SQL, or leave it out: --exclude " ~ model.name) -%}
{% endmacro %}
