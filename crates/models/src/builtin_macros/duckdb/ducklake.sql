{# Tables of DuckLake, which can be partitioned and sorted by columns: these are set before there are rows.
   https://github.com/duckdb/dbt-duckdb/blob/master/dbt/include/duckdb/macros/adapters.sql #}

{% macro ingot__ducklake_columns(relation, temporary, keys, what) %}
  {%- set given = config.get(keys[0], none) or config.get(keys[1], none) -%}
  {%- if config.get(keys[0], none) == [] -%}{%- set given = [] -%}{%- endif -%}
  {%- if temporary or given is none or given == '' -%}{%- do return(none) -%}{%- endif -%}
  {%- set columns = normalize_string_or_list(given, what) -%}
  {%- if not columns -%}{%- do exceptions.raise_compiler_error(what ~ ' must contain at least one column') -%}{%- endif -%}
  {#- Only the model's own table, not those beside which it is built. -#}
  {%- if config.get('materialized') in ['table', 'incremental'] and relation.identifier and this.identifier and relation.identifier != this.identifier -%}
    {%- do return(none) -%}
  {%- endif -%}
  {%- if not adapter.is_ducklake(relation) -%}
    {%- do adapter.warn_once(what ~ ' is only supported for DuckLake relations; ignoring for ' ~ relation) -%}
    {%- do return(none) -%}
  {%- endif -%}
  {%- do return(columns) -%}
{% endmacro %}

{% macro duckdb__get_partitioned_by(relation, temporary) %}
  {%- set columns = ingot__ducklake_columns(relation, temporary, ['partitioned_by', 'partition_by'], 'partitioned_by/partition_by') -%}
  {%- do return(columns | join(', ') if columns else none) -%}
{% endmacro %}

{% macro duckdb__get_sorted_by(relation, temporary) %}
  {%- set columns = ingot__ducklake_columns(relation, temporary, ['sorted_by', 'sort_by'], 'sorted_by/sort_by') -%}
  {%- if not columns -%}{%- do return(none) -%}{%- endif -%}
  {%- set quoted = [] -%}
  {%- for column in columns -%}{%- do quoted.append(adapter.quote(column | replace('"', '""'))) -%}{%- endfor -%}
  {%- do return(quoted | join(', ')) -%}
{% endmacro %}

{% macro duckdb__alter_table_set_partitioned_by(relation, partitioned_by) %}alter table {{ relation }} set partitioned by ({{ partitioned_by }});{% endmacro %}
{% macro duckdb__alter_table_set_sorted_by(relation, sorted_by) %}alter table {{ relation }} set sorted by ({{ sorted_by }});{% endmacro %}

{# The statement that builds the model's table, beside the old one or in its place. #}
{% macro ingot__table_sql(relation, sql) %}
  {%- set final = this.incorporate(type='table') -%}
  {%- set partitioned_by = duckdb__get_partitioned_by(final, false) -%}
  {%- set sorted_by = duckdb__get_sorted_by(final, false) -%}
  {%- if partitioned_by or sorted_by -%}
    {{ create_table_as(false, relation, sql, 'sql', partitioned_by=partitioned_by, sorted_by=sorted_by) }}
  {%- else -%}
    {{ get_create_table_as_sql(false, relation, sql) }}
  {%- endif -%}
{% endmacro %}

{% macro duckdb__create_table_as(temporary, relation, compiled_code, language='sql', partitioned_by=none, sorted_by=none) %}
  {%- if language == 'python' -%}
    {{ py_write_table(temporary, relation, compiled_code, partitioned_by, sorted_by) }}
  {%- elif not partitioned_by and not sorted_by -%}
    {{ default__create_table_as(temporary, relation, compiled_code, language) }}
  {%- else -%}
  {%- set header = config.get('sql_header', none) -%}
  {%- set contract = config.get('contract') -%}
  {%- set query = adapter.ingot_query(compiled_code) -%}
  {{ header if header is not none }}
  {%- if contract and contract.enforced -%}{{ get_assert_columns_equivalent(compiled_code) }}{%- endif %}
  create table {{ relation }}
  {%- if contract and contract.enforced %}
  {{ get_table_columns_and_constraints() }};
  {%- else %} as (
    select * from (
      {{ query }}
    ) as model_subq
    limit 0
  );
  {%- endif %}
  {% if partitioned_by %}{{ duckdb__alter_table_set_partitioned_by(relation, partitioned_by) }}{% endif %}
  {% if sorted_by %}{{ duckdb__alter_table_set_sorted_by(relation, sorted_by) }}{% endif %}
  insert into {{ relation }} {{ '(' ~ get_column_names() ~ ')' if contract and contract.enforced }} (
    {{ get_select_subquery(compiled_code) if contract and contract.enforced else 'select * from (' ~ query ~ ') as model_subq' }}
  );
  {%- endif -%}
{% endmacro %}

{# The text of dbt-duckdb's own writer of Python models, for macros that ask for it; those models run in another way here. #}
{% macro py_write_table(temporary, relation, compiled_code, partitioned_by=none, sorted_by=none) %}
{{ compiled_code }}

def materialize(df, con):
    tmp_name = '__dbt_python_model_df_' + '{{ relation.identifier }}'
    con.register(tmp_name, df)
    {% if partitioned_by or sorted_by -%}
    con.execute('create table {{ relation }} as select * from ' + tmp_name + ' limit 0')
    {% if partitioned_by %}con.execute('alter table {{ relation }} set partitioned by ({{ partitioned_by }})'){% endif %}
    {% if sorted_by %}con.execute('alter table {{ relation }} set sorted by ({{ sorted_by }})'){% endif %}
    con.execute('insert into {{ relation }} select * from ' + tmp_name)
    {%- else -%}
    con.execute('create table {{ relation }} as select * from ' + tmp_name)
    {%- endif %}
    con.unregister(tmp_name)
{% endmacro %}
