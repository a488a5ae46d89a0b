{# Columns of relations and queries; contracts. #}

{% macro get_columns_in_relation(relation) %}{%- do return(adapter.dispatch('get_columns_in_relation', 'dbt')(relation)) -%}{% endmacro %}

{% macro sql_convert_columns_in_relation(table) %}
  {%- set columns = [] -%}
  {%- for row in table -%}{%- do columns.append(api.Column(row[0], row[1])) -%}{%- endfor -%}
  {%- do return(columns) -%}
{% endmacro %}

{% macro get_empty_subquery_sql(select_sql, select_sql_header=none) %}
  {%- do return(adapter.dispatch('get_empty_subquery_sql', 'dbt')(select_sql, select_sql_header)) -%}
{% endmacro %}
{% macro default__get_empty_subquery_sql(select_sql, select_sql_header=none) %}
  {%- if select_sql_header is not none -%}{%- do run_query(select_sql_header) -%}{%- endif -%}
  select * from (
    {{ adapter.ingot_query(select_sql) }}
  ) as __dbt_sbq where false limit 0
{% endmacro %}

{% macro get_column_schema_from_query(select_sql, select_sql_header=none) %}
  {%- do return(adapter.get_column_schema_from_query(get_empty_subquery_sql(select_sql, select_sql_header))) -%}
{% endmacro %}
{% macro get_columns_in_query(select_sql) %}{%- do return(adapter.dispatch('get_columns_in_query', 'dbt')(select_sql)) -%}{% endmacro %}
{% macro default__get_columns_in_query(select_sql) %}
  {%- do return(get_column_schema_from_query(select_sql) | map(attribute='name') | list) -%}
{% endmacro %}

{% macro get_list_of_column_names(columns) %}{%- do return(columns | map(attribute='name') | list) -%}{% endmacro %}

{# A query without rows, with the columns of a contract. #}
{% macro get_empty_schema_sql(columns) %}{{ return(adapter.dispatch('get_empty_schema_sql', 'dbt')(columns)) }}{% endmacro %}
{% macro default__get_empty_schema_sql(columns) %}
  {%- set untyped = [] -%}
  {%- set out = [] -%}
  {%- for column in columns.values() -%}
    {%- if column.data_type is not defined or column.data_type is none -%}{%- do untyped.append(column.name) -%}
    {%- else -%}{%- do out.append(cast('null', column.data_type) ~ ' as ' ~ (adapter.quote(column.name) if column.quote else column.name)) -%}
    {%- endif -%}
  {%- endfor -%}
  {%- if untyped -%}{%- do exceptions.column_type_missing(untyped) -%}{%- endif -%}
  select {{ out | join(', ') }}
{% endmacro %}

{% macro get_quoted_csv(column_names) %}
  {%- set out = [] -%}
  {%- for name in column_names -%}{%- do out.append(adapter.quote(name)) -%}{%- endfor -%}
  {%- do return(out | join(', ')) -%}
{% endmacro %}

{# The names of the columns that YAML has, for a list of a query. #}
{% macro get_column_names() %}{{ adapter.dispatch('get_column_names', 'dbt')() }}{% endmacro %}
{% macro default__get_column_names() %}
  {%- set out = [] -%}
  {%- for column in model.columns.values() -%}{%- do out.append(adapter.quote(column.name) if column.quote else column.name) -%}{%- endfor -%}
  {{ out | join(', ') }}
{%- endmacro %}

{% macro get_select_subquery(sql) %}{{ adapter.dispatch('get_select_subquery', 'dbt')(sql) }}{% endmacro %}
{% macro default__get_select_subquery(sql) %}
    select {{ adapter.dispatch('get_column_names', 'dbt')() }}
    from (
        {{ adapter.ingot_query(sql) }}
    ) as model_subq
{% endmacro %}

{% macro get_table_columns_and_constraints() %}{{ adapter.dispatch('get_table_columns_and_constraints', 'dbt')() }}{% endmacro %}
{% macro default__get_table_columns_and_constraints() %}
  {%- set lines = adapter.render_raw_columns_constraints(raw_columns=model['columns']) -%}
  {%- set whole = adapter.render_raw_model_constraints(raw_constraints=model['constraints']) -%}
  (
    {{ (lines + whole) | join(',\n    ') }}
  )
{%- endmacro %}

{% macro get_assert_columns_equivalent(sql) %}{{ adapter.dispatch('get_assert_columns_equivalent', 'dbt')(sql) }}{% endmacro %}
{# The type of a contract as the database knows it. #}
{% macro ingot_contract_type(type) %}{{ return(adapter.dispatch('ingot_contract_type', 'dbt')(type)) }}{% endmacro %}
{% macro default__ingot_contract_type(type) %}{{ return(type) }}{% endmacro %}
{# The contract's types are given to the database and read back, so that `int` and `INTEGER` are one type. #}
{% macro default__get_assert_columns_equivalent(sql) %}
  {%- set wanted = [] -%}
  {%- set untyped = [] -%}
  {%- for column in model.columns.values() -%}
    {%- if not column.data_type -%}{%- do untyped.append(column.name) -%}
    {%- else -%}{%- do wanted.append('cast(null as ' ~ ingot_contract_type(column.data_type) ~ ') as ' ~ adapter.quote(column.name)) -%}{%- endif -%}
  {%- endfor -%}
  {%- if untyped -%}{%- do exceptions.column_type_missing(untyped | join(', ')) -%}{%- endif -%}
  {%- if not wanted -%}{%- do exceptions.raise_compiler_error("This model has an enforced contract, and its 'columns' specification is missing") -%}{%- endif -%}
  {%- set in_contract = get_column_schema_from_query('select ' ~ wanted | join(', ')) -%}
  {%- set in_query = get_column_schema_from_query(sql, config.get('sql_header', none)) -%}
  {%- set found = {} -%}
  {%- for column in in_query -%}{%- do found.update({column.name | lower: column.dtype}) -%}{%- endfor -%}
  {%- set differing = [] -%}
  {%- for column in in_contract -%}
    {%- if found.get(column.name | lower) != column.dtype -%}{%- do differing.append(column.name) -%}{%- endif -%}
  {%- endfor -%}
  {%- if differing or in_contract | length != in_query | length -%}
    {%- set left = [] -%}{%- set right = [] -%}
    {%- for column in in_contract -%}{%- do left.append({'name': column.name, 'data_type': column.dtype}) -%}{%- endfor -%}
    {%- for column in in_query -%}{%- do right.append({'name': column.name, 'data_type': column.dtype}) -%}{%- endfor -%}
    {%- do exceptions.raise_contract_error(left, right) -%}
  {%- endif -%}
{% endmacro %}

{% macro alter_column_type(relation, column_name, new_column_type) %}{%- do return(adapter.dispatch('alter_column_type', 'dbt')(relation, column_name, new_column_type)) -%}{% endmacro %}
{% macro default__alter_column_type(relation, column_name, new_column_type) %}
  {#- As under dbt, the column is made anew, and so becomes the last. -#}
  {%- set table = relation.render() -%}
  {%- set old = adapter.quote(column_name) -%}
  {%- set new = adapter.quote(column_name ~ '__dbt_alter') -%}
  {%- call statement('alter_column_type') -%}
    alter table {{ table }} add column {{ new }} {{ new_column_type }};
    update {{ table }} set {{ new }} = {{ old }};
    alter table {{ table }} drop column {{ old }} cascade;
    alter table {{ table }} rename column {{ new }} to {{ old }}
  {%- endcall -%}
{% endmacro %}
{% macro alter_relation_add_remove_columns(relation, add_columns=none, remove_columns=none) %}
  {%- do adapter.dispatch('alter_relation_add_remove_columns', 'dbt')(relation, add_columns, remove_columns) -%}
{% endmacro %}
{% macro default__alter_relation_add_remove_columns(relation, add_columns, remove_columns) %}
  {%- for column in (add_columns or []) -%}
    {%- do run_query('alter table ' ~ relation.render() ~ ' add column ' ~ column.quoted ~ ' ' ~ column.data_type) -%}
  {%- endfor -%}
  {%- for column in (remove_columns or []) -%}
    {%- do run_query('alter table ' ~ relation.render() ~ ' drop column ' ~ column.quoted) -%}
  {%- endfor -%}
{% endmacro %}

{% macro get_limit_subquery_sql(sql, limit) %}{{ adapter.dispatch('get_limit_sql', 'dbt')(sql, limit) }}{% endmacro %}
{% macro default__get_limit_sql(sql, limit) %}
  {{ adapter.ingot_query(sql) if limit is not none else sql }}
  {{ 'limit ' ~ limit if limit is not none }}
{% endmacro %}
