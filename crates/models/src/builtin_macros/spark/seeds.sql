{# Seeds on Spark: the table is made again each time, and filled by inserts of many rows
   (dbt/include/spark/macros/materializations/seed.sql of dbt-spark 1.11). #}

{% macro ingot__spark_seed_type(model, agate_table, name, index) %}
  {%- do return((model.config.get('column_types') or {}).get(name) or adapter.convert_type(agate_table, index)) -%}
{% endmacro %}

{% macro spark__create_csv_table(model, agate_table) %}
  {%- set lines = [] -%}
  {%- for name in agate_table.column_names -%}
    {%- do lines.append(adapter.quote_seed_column(name, model.config.get('quote_columns')) ~ ' ' ~ ingot__spark_seed_type(model, agate_table, name, loop.index0)) -%}
  {%- endfor -%}
  {%- set text -%}
create table {{ this.render() }} ({{ lines | join(', ') }})
    {{ file_format_clause() }}
    {{ partition_cols(label='partitioned by') }}
    {{ clustered_cols(label='clustered by') }}
    {{ location_clause() }}
    {{ comment_clause() }}
  {%- endset -%}
  {%- call statement('create_csv_table') -%}{{ text }}{%- endcall -%}
  {%- do return(text) -%}
{% endmacro %}

{% macro spark__reset_csv_table(model, full_refresh, old_relation, agate_table) %}
  {%- do adapter.drop_relation(old_relation) -%}
  {%- do return(create_csv_table(model, agate_table)) -%}
{% endmacro %}

{# Each value is text that is cast to the type of its column. #}
{% macro spark__load_csv_rows(model, agate_table) %}
  {%- set types = [] -%}
  {%- for name in agate_table.column_names -%}{%- do types.append(ingot__spark_seed_type(model, agate_table, name, loop.index0)) -%}{%- endfor -%}
  {%- set first = [] -%}
  {%- for rows in agate_table.rows | batch(2000) -%}
    {%- set lines = [] -%}
    {%- for row in rows -%}
      {%- set cells = [] -%}
      {%- for value in row -%}
        {%- set text = 'null' if value is none else "'" ~ adapter.escape_sql_string(value | string) ~ "'" -%}
        {%- do cells.append('cast(' ~ text ~ ' as ' ~ types[loop.index0] ~ ')') -%}
      {%- endfor -%}
      {%- do lines.append('(' ~ cells | join(', ') ~ ')') -%}
    {%- endfor -%}
    {%- set text = 'insert into ' ~ this.render() ~ ' values\n' ~ lines | join(',\n') -%}
    {%- do adapter.add_query(text) -%}
    {%- if loop.first -%}{%- do first.append(text) -%}{%- endif -%}
  {%- endfor -%}
  {%- do return(first[0]) -%}
{% endmacro %}
