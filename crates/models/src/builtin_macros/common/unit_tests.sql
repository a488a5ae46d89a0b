{# Unit tests: rows as queries, and what a model gives beside what it must give. #}

{% macro get_fixture_sql(rows, column_name_to_data_types) %}
-- Fixture for {{ model.name }}
{%- set types = {} -%}
{%- set quoted = {} -%}
{%- if column_name_to_data_types -%}
  {%- for name, type in column_name_to_data_types.items() -%}
    {%- do types.update({name: type}) -%}{%- do quoted.update({name: adapter.quote(name)}) -%}
  {%- endfor -%}
{%- else -%}
  {%- for column in adapter.get_columns_in_relation(this) -%}
    {%- do types.update({column.name | lower: column.data_type}) -%}
    {%- do quoted.update({column.name | lower: column.quoted}) -%}
  {%- endfor -%}
{%- endif -%}
{%- if not types -%}
  {%- do exceptions.raise_compiler_error("the columns of '" ~ model.name ~ "' are not known, because " ~ this ~ " is not there; build it first, or give its rows as `format: sql`") -%}
{%- endif -%}
{%- do validate_fixture_rows(rows, none) -%}
{%- set empty = {} -%}
{%- for name, type in types.items() -%}{%- do empty.update({name: safe_cast('null', type) | trim}) -%}{%- endfor -%}
{%- for row in rows %}
{%- set cells = empty.copy() -%}
{%- do cells.update(format_row(row, types)) %}
select {% for name, cell in cells.items() %}{{ cell }} as {{ quoted[name] }}{{ ', ' if not loop.last }}{% endfor %}
{{- '\nunion all' if not loop.last }}
{%- endfor %}
{%- if not rows %}
select {% for name, cell in empty.items() %}{{ cell }} as {{ quoted[name] }}{{ ', ' if not loop.last }}{% endfor %}
limit 0
{%- endif %}
{% endmacro %}

{% macro get_expected_sql(rows, column_name_to_data_types, column_name_to_quoted) %}
{%- if not rows -%}
select * from dbt_internal_unit_test_actual
limit 0
{%- endif -%}
{%- for row in rows %}
select {% for name, cell in format_row(row, column_name_to_data_types).items() %}{{ cell }} as {{ column_name_to_quoted[name] }}{{ ', ' if not loop.last }}{% endfor %}
{{- '\nunion all' if not loop.last }}
{%- endfor %}
{% endmacro %}

{# Each value as SQL of its column's type; names in lower case. #}
{% macro format_row(row, column_name_to_data_types) %}
  {%- set out = {} -%}
  {%- for given_name, value in row.items() -%}
    {%- set name = given_name | lower -%}
    {%- if name not in column_name_to_data_types -%}
      {%- set what = 'expected output' if model.resource_type == 'unit_test' else "'" ~ model.name ~ "'" -%}
      {%- do exceptions.raise_compiler_error("Invalid column name: '" ~ name ~ "' in unit test fixture for " ~ what ~ ". Accepted columns are: " ~ column_name_to_data_types.keys() | join(', ')) -%}
    {%- endif -%}
    {%- set type = column_name_to_data_types[name] -%}
    {%- if value is string and 'varying' in type -%}{%- set type = type.split('(')[0] -%}{%- endif -%}
    {%- if value is string -%}{%- set text = dbt.string_literal(dbt.escape_single_quotes(value)) -%}
    {%- elif value is none -%}{%- set text = 'null' -%}
    {%- else -%}{%- set text = value -%}
    {%- endif -%}
    {%- do out.update({name: safe_cast(text, type)}) -%}
  {%- endfor -%}
  {%- do return(out) -%}
{% endmacro %}

{% macro validate_fixture_rows(rows, row_number) %}{%- do return(adapter.dispatch('validate_fixture_rows', 'dbt')(rows, row_number)) -%}{% endmacro %}
{% macro default__validate_fixture_rows(rows, row_number) %}{% endmacro %}

{% macro get_unit_test_sql(main_sql, expected_fixture_sql, expected_column_names) %}{{ adapter.dispatch('get_unit_test_sql', 'dbt')(main_sql, expected_fixture_sql, expected_column_names) }}{% endmacro %}
{% macro default__get_unit_test_sql(main_sql, expected_fixture_sql, expected_column_names) %}
{%- set names = expected_column_names | join(', ') -%}
with dbt_internal_unit_test_actual as (
  select {{ names }}, {{ dbt.string_literal('actual') }} as {{ adapter.quote('actual_or_expected') }}
  from (
    {{ adapter.ingot_query(main_sql) }}
  ) _dbt_internal_unit_test_actual
),
dbt_internal_unit_test_expected as (
  select {{ names }}, {{ dbt.string_literal('expected') }} as {{ adapter.quote('actual_or_expected') }}
  from (
    {{ expected_fixture_sql }}
  ) _dbt_internal_unit_test_expected
)
select * from dbt_internal_unit_test_actual
union all
select * from dbt_internal_unit_test_expected
{% endmacro %}

{% materialization unit, default %}
  {%- set expected_rows = config.get('expected_rows') or [] -%}
  {%- set expected_sql = config.get('expected_sql') -%}
  {%- set types = {} -%}
  {%- set quoted = {} -%}
  {%- for column in get_column_schema_from_query(sql) -%}
    {%- do types.update({column.name | lower: column.data_type}) -%}
    {%- do quoted.update({column.name | lower: column.quoted}) -%}
  {%- endfor -%}
  {%- set compared = [] -%}
  {%- for name in (expected_rows[0].keys() if expected_rows else types.keys()) -%}
    {%- if name | lower in quoted -%}{%- do compared.append(quoted[name | lower]) -%}{%- endif -%}
  {%- endfor -%}
  {%- if not expected_sql -%}{%- set expected_sql = get_expected_sql(expected_rows, types, quoted) -%}{%- endif -%}
  {%- call statement('main', fetch_result=true, auto_begin=false) -%}
    {{ get_unit_test_sql(sql, expected_sql, compared) }}
  {%- endcall -%}
  {%- do return({'relations': []}) -%}
{% endmaterialization %}
