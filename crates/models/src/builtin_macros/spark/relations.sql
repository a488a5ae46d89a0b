{# Tables and views of Spark, as dbt-spark makes them (dbt/include/spark/macros/adapters.sql of dbt-spark 1.11). #}

{# The clauses of `create table` that configs give. A project may override each. #}
{% macro file_format_clause() %}{{ return(adapter.dispatch('file_format_clause', 'dbt')()) }}{% endmacro %}
{% macro spark__file_format_clause() %}
  {%- set format = config.get('file_format') -%}
  {{ 'using ' ~ format if format is not none }}
{%- endmacro %}

{% macro location_clause() %}{{ return(adapter.dispatch('location_clause', 'dbt')()) }}{% endmacro %}
{% macro spark__location_clause() %}
  {%- set root = config.get('location_root') -%}
  {{ "location '" ~ root ~ '/' ~ model.alias ~ "'" if root is not none }}
{%- endmacro %}

{% macro options_clause() %}{{ return(adapter.dispatch('options_clause', 'dbt')()) }}{% endmacro %}
{% macro spark__options_clause() %}
  {%- set options = config.get('options') -%}
  {%- set key = config.get('unique_key') -%}
  {%- if config.get('file_format') == 'hudi' and key is not none -%}
    {%- if options is none -%}{%- set options = {'primaryKey': key} -%}
    {%- elif options.get('primaryKey', key) != key -%}
      {%- do exceptions.raise_compiler_error("unique_key and options('primaryKey') should be the same column(s).") -%}
    {%- else -%}{%- do options.update({'primaryKey': key}) -%}
    {%- endif -%}
  {%- endif -%}
  {%- if options is not none -%}
  options ({% for name, value in options.items() %}{{ name }} "{{ value }}"{{ ', ' if not loop.last }}{% endfor %})
  {%- endif -%}
{% endmacro %}

{% macro tblproperties_clause() %}{{ return(adapter.dispatch('tblproperties_clause', 'dbt')()) }}{% endmacro %}
{% macro spark__tblproperties_clause() %}
  {%- set properties = config.get('tblproperties') -%}
  {%- if properties is not none -%}
  tblproperties ({% for name, value in properties.items() %}'{{ name }}' = '{{ value }}'{{ ', ' if not loop.last }}{% endfor %})
  {%- endif -%}
{% endmacro %}

{% macro partition_cols(label, required=false) %}{{ return(adapter.dispatch('partition_cols', 'dbt')(label, required)) }}{% endmacro %}
{% macro spark__partition_cols(label, required=false) %}
  {%- set columns = config.get('partition_by') -%}
  {%- if columns is not none -%}
  {{ label }} ({{ columns if columns is string else columns | join(',') }})
  {%- endif -%}
{% endmacro %}

{% macro clustered_cols(label, required=false) %}{{ return(adapter.dispatch('clustered_cols', 'dbt')(label, required)) }}{% endmacro %}
{% macro spark__clustered_cols(label, required=false) %}
  {%- set columns = config.get('clustered_by') -%}
  {%- set buckets = config.get('buckets') -%}
  {%- if columns is not none and buckets is not none -%}
  {{ label }} ({{ columns if columns is string else columns | join(',') }}) into {{ buckets }} buckets
  {%- endif -%}
{% endmacro %}

{% macro comment_clause() %}{{ return(adapter.dispatch('comment_clause', 'dbt')()) }}{% endmacro %}
{% macro spark__comment_clause() %}
  {{- "comment '" ~ adapter.escape_sql_string(model.description) ~ "'" if config.persist_relation_docs() -}}
{% endmacro %}

{% macro create_temporary_view(relation, compiled_code) %}{{ return(adapter.dispatch('create_temporary_view', 'dbt')(relation, compiled_code)) }}{% endmacro %}
{% macro spark__create_temporary_view(relation, compiled_code) %}
  create or replace temporary view {{ relation }} as
  {{ adapter.ingot_query(compiled_code) }}
{% endmacro %}

{# A temporary table is a temporary view: Spark has no temporary tables. #}
{% macro spark__create_table_as(temporary, relation, compiled_code, language='sql') %}
  {%- if temporary -%}
    {{ create_temporary_view(relation, compiled_code) }}
  {%- else -%}
    {%- set contract = config.get('contract') -%}
    {%- set is_enforced = contract and contract.enforced -%}
    {%- if is_enforced -%}{{ get_assert_columns_equivalent(compiled_code) }}{%- endif %}
  create {{ 'or replace ' if config.get('file_format') in ['delta', 'iceberg'] }}table {{ relation }}
    {{ file_format_clause() }}
    {{ options_clause() }}
    {{ tblproperties_clause() }}
    {{ partition_cols(label='partitioned by') }}
    {{ clustered_cols(label='clustered by') }}
    {{ location_clause() }}
    {{ comment_clause() }}
  as
  {{ get_select_subquery(compiled_code) if is_enforced else adapter.ingot_query(compiled_code) }}
  {%- endif -%}
{% endmacro %}

{% macro spark__create_view_as(relation, sql) %}
  {%- set contract = config.get('contract') -%}
  {%- if contract and contract.enforced -%}{{ get_assert_columns_equivalent(sql) }}{%- endif %}
  create or replace view {{ relation }}
  {%- if config.persist_column_docs() %}
  (
    {%- for name in get_columns_in_query(sql) -%}
    {%- set column = model.columns.get(name) -%}
    {{ adapter.quote(name) }}{{ " comment '" ~ adapter.escape_sql_string(column.description) ~ "'" if column and column.description }}{{ ', ' if not loop.last }}
    {%- endfor -%}
  )
  {%- endif %}
  {{ comment_clause() }}
  as
  {{ adapter.ingot_query(sql) }}
{% endmacro %}

{% macro spark__get_columns_in_relation(relation) %}
  {%- call statement('get_columns_in_relation', fetch_result=true, auto_begin=false) -%}describe extended {{ relation.render() }}{%- endcall -%}
  {#- Behind the columns come an empty row, or one with a number sign, and what is known of the table. -#}
  {%- set columns = [] -%}
  {%- set rest = namespace(begun=false) -%}
  {%- for row in load_result('get_columns_in_relation').table -%}
    {%- if not row[0] or row[0].startswith('#') -%}{%- set rest.begun = true -%}{%- endif -%}
    {%- if not rest.begun and not row[0].startswith('_hoodie_') -%}{%- do columns.append(api.Column(row[0], row[1])) -%}{%- endif -%}
  {%- endfor -%}
  {%- do return(columns) -%}
{% endmacro %}

{% macro spark__list_schemas(database) %}{%- do return(run_query('show databases')) -%}{% endmacro %}

{% macro spark__drop_relation(relation) %}
  {%- call statement('drop_relation', auto_begin=false) -%}drop {{ relation.type }} if exists {{ relation.render() }}{%- endcall -%}
{% endmacro %}
{% macro spark__rename_relation(from_relation, to_relation) %}
  {%- if not from_relation.type -%}{%- do exceptions.raise_database_error('Cannot rename a relation with a blank type: ' ~ from_relation.identifier) -%}{%- endif -%}
  {%- call statement('rename_relation') -%}alter {{ from_relation.type }} {{ from_relation.render() }} rename to {{ to_relation.render() }}{%- endcall -%}
{% endmacro %}

{# A temporary view has no schema. That of the model is in its name, because all models of a run share one session. #}
{% macro spark__make_temp_relation(base_relation, suffix) %}
  {%- set name = (base_relation.schema ~ '__' if base_relation.schema else '') ~ base_relation.identifier ~ suffix -%}
  {%- do return(base_relation.incorporate(path={'identifier': name}, type='view').include(database=false, schema=false)) -%}
{% endmacro %}

{% macro spark__alter_relation_add_remove_columns(relation, add_columns, remove_columns) %}
  {%- if remove_columns -%}
    {%- set format = 'Delta Lake' if relation.is_delta else ('Iceberg' if relation.is_iceberg else 'Apache Spark') -%}
    {%- do exceptions.raise_compiler_error(format ~ ' does not support dropping columns from tables') -%}
  {%- endif -%}
  {%- if add_columns -%}
    {%- set columns = [] -%}
    {%- for column in add_columns -%}{%- do columns.append(column.quoted ~ ' ' ~ column.data_type) -%}{%- endfor -%}
    {%- do run_query('alter ' ~ relation.type ~ ' ' ~ relation ~ ' add columns (' ~ columns | join(', ') ~ ')') -%}
  {%- endif -%}
{% endmacro %}

{# The comment of a table is in `create table`, those of a view's columns in `create view`. #}
{% macro spark__persist_docs(relation, model, for_relation, for_columns) %}
  {%- if for_columns and config.persist_column_docs() and model.columns -%}
    {%- set there = adapter.get_columns_in_relation(relation) | map(attribute='name') | list -%}
    {%- set columns = validate_doc_columns(relation, model.columns, there) -%}
    {%- if config.get('file_format') not in ['delta', 'hudi', 'iceberg'] -%}
      {#- dbt-spark leaves out the comments of the others too. -#}
    {%- elif adapter.ingot_is_sail() -%}
      {%- do adapter.warn_once('this server (Sail) cannot alter tables; the comments of columns (`persist_docs`) are left out') -%}
    {%- else -%}
      {%- for name, column in columns.items() -%}
        {%- do run_query('alter table ' ~ relation ~ (' alter' if relation.is_iceberg else ' change') ~ ' column ' ~ (adapter.quote(name) if column.quote else name) ~ " comment '" ~ adapter.escape_sql_string(column.description or '') ~ "'") -%}
      {%- endfor -%}
    {%- endif -%}
  {%- endif -%}
{% endmacro %}

{# Types that other engines have under other names, so that one contract is for all of them: text of any length (Spark's
   `varchar` has a length), and a point in time with its zone, which is Spark's `timestamp`. #}
{% macro spark__ingot_contract_type(type) %}
  {%- set known = {'varchar': 'string', 'text': 'string', 'timestamptz': 'timestamp', 'timestamp with time zone': 'timestamp'} -%}
  {%- do return(known.get(type | lower, type)) -%}
{% endmacro %}

{# What a contract promises beyond names and types, where the format keeps it. #}
{% macro persist_constraints(relation, model) %}{{ return(adapter.dispatch('persist_constraints', 'dbt')(relation, model)) }}{% endmacro %}
{% macro spark__persist_constraints(relation, model) %}
  {%- set contract = config.get('contract') -%}
  {%- if contract and contract.enforced and config.get('file_format', 'delta') == 'delta' -%}
    {%- set checks = [] -%}
    {%- for constraint in model.constraints if constraint.type == 'check' and not is_incremental() -%}
      {%- set name = constraint.name or local_md5(';' ~ constraint.expression ~ ';' ~ loop.index) -%}
      {%- do checks.append('add constraint ' ~ name ~ ' check (' ~ constraint.expression ~ ')') -%}
    {%- endfor -%}
    {%- for column in model.columns.values() -%}
      {%- for constraint in column.constraints or [] -%}
        {%- if constraint.type == 'not_null' -%}
          {%- do checks.append('change column ' ~ (adapter.quote(column.name) if column.quote else column.name) ~ ' set not null ' ~ (constraint.expression or '')) -%}
        {%- else -%}
          {%- do exceptions.warn('Invalid constraint for column ' ~ column.name ~ '. Only `not_null` is supported.') -%}
        {%- endif -%}
      {%- endfor -%}
    {%- endfor -%}
    {%- if checks and adapter.ingot_is_sail() -%}
      {%- do adapter.warn_once('this server (Sail) cannot alter tables; constraints are not enforced by it') -%}
    {%- else -%}
      {%- for check in checks -%}
        {%- call statement() -%}alter table {{ relation }} {{ check }}{%- endcall -%}
      {%- endfor -%}
    {%- endif -%}
  {%- endif -%}
{% endmacro %}

{% macro spark__apply_grants(relation, grant_config, should_revoke) %}
  {%- if grant_config -%}{%- do adapter.warn_once('on Spark the `grants` config is passed over: grant them on the server') -%}{%- endif -%}
{% endmacro %}

{% macro spark__alter_column_type(relation, column_name, new_column_type) %}
  {%- call statement('alter_column_type') -%}alter table {{ relation.render() }} alter column {{ adapter.quote(column_name) }} type {{ new_column_type }}{%- endcall -%}
{% endmacro %}
