{% macro duckdb__current_timestamp() %}timestamp '2024-08-08 00:00:00'{% endmacro %}

{% macro dateadd(datepart, interval, from_date_or_timestamp) %}no_such_function(){% endmacro %}

{% macro generate_alias_name(custom_alias_name=none, node=none) -%}
  {%- set name = custom_alias_name or node.name -%}
  {{ node.schema ~ '__' ~ name if node.resource_type == 'model' else name }}
{%- endmacro %}

{% macro default__collect_freshness(source, loaded_at_field, filter) %}
  {% call statement('collect_freshness', fetch_result=True, auto_begin=False) %}
    select max({{ loaded_at_field }}) as max_loaded_at, timestamp '2024-01-01 05:00:00' as snapshotted_at
    from {{ source }} where not deleted {% if filter %}and {{ filter }}{% endif %}
  {% endcall %}
  {{ return(load_result('collect_freshness')) }}
{% endmacro %}

{% macro default__create_csv_table(model, agate_table) %}
  {% set sql %}
    create table {{ this.render() }} (
      {% for name in agate_table.column_names %}{{ adapter.quote(name) }} {{ adapter.convert_type(agate_table, loop.index0) }}, {% endfor %}
      loaded_from varchar default 'the file'
    )
  {% endset %}
  {% call statement('_') %}{{ sql }}{% endcall %}
  {{ return(sql) }}
{% endmacro %}

{% macro default__get_limit_sql(sql, limit) %}
  select * from ({{ sql }}) as limited {% if limit is not none %}limit {{ limit }}{% endif %}
{% endmacro %}

{% macro default__get_column_names() %}{% for name in model.columns %}{{ name }}{{ ', ' if not loop.last }}{% endfor %}{% endmacro %}

{% macro duckdb__load_csv_rows(model, agate_table) %}
  {% set rows = [] %}
  {% for row in agate_table.rows %}{% do rows.append("(" ~ row[0] ~ ", '" ~ row[1] ~ "')") %}{% endfor %}
  {% set sql %}insert into {{ this.render() }} (id, name) values {{ rows | join(', ') }}{% endset %}
  {% do adapter.add_query(sql) %}
  {{ return(sql) }}
{% endmacro %}
