{# View, table and incremental model on Spark. There are no transactions: a table of Delta or Iceberg is replaced by one
   statement, any other is dropped and made again (dbt/include/spark/macros/materializations of dbt-spark 1.11). #}

{# Whether `create or replace table` puts the new table in the place of this one. That of Sail keeps the columns of the old one. #}
{% macro ingot__spark_replaces(existing) %}
  {%- set format = config.get('file_format') -%}
  {%- set is_same = (format == 'delta' and existing.is_delta) or (format == 'iceberg' and existing.is_iceberg) -%}
  {%- do return(existing.is_table and is_same and not adapter.ingot_is_sail()) -%}
{% endmacro %}

{% macro ingot__spark_build(existing, final) %}
  {%- if existing is not none and not ingot__spark_replaces(existing) -%}{%- do adapter.drop_relation(existing) -%}{%- endif -%}
  {%- call statement('main') -%}{{ create_table_as(false, final, sql) }}{%- endcall -%}
  {%- do persist_constraints(final, model) -%}
{% endmacro %}

{% macro ingot__spark_before() %}
  {%- do run_hooks(pre_hooks, inside_transaction=false) -%}
  {%- do run_hooks(pre_hooks, inside_transaction=true) -%}
{% endmacro %}
{% macro ingot__spark_after(final) %}
  {%- do apply_grants(final, config.get('grants')) -%}
  {%- if not final.is_view -%}{%- do persist_docs(final, model) -%}{%- endif -%}
  {%- do run_hooks(post_hooks, inside_transaction=true) -%}
  {%- do run_hooks(post_hooks, inside_transaction=false) -%}
{% endmacro %}

{# What is made has a format from now on. #}
{% macro ingot__spark_made(final) %}
  {%- do return({'relations': [adapter.ingot_of_format(final, config.get('file_format'))]}) -%}
{% endmacro %}

{% materialization view, adapter='spark' %}
  {%- set existing = load_cached_relation(this) -%}
  {%- set final = this.incorporate(type='view') -%}
  {%- do ingot__spark_before() -%}
  {%- if existing is not none and existing.is_table -%}{%- do adapter.drop_relation(existing) -%}{%- endif -%}
  {%- call statement('main') -%}{{ get_create_view_as_sql(final, sql) }}{%- endcall -%}
  {%- do ingot__spark_after(final) -%}
  {%- do return({'relations': [final]}) -%}
{% endmaterialization %}

{% materialization table, adapter='spark' %}
  {%- set final = this.incorporate(type='table') -%}
  {%- do ingot__spark_before() -%}
  {%- do ingot__spark_build(load_cached_relation(this), final) -%}
  {%- do ingot__spark_after(final) -%}
  {%- do return(ingot__spark_made(final)) -%}
{% endmaterialization %}

{% materialization incremental, adapter='spark' %}
  {%- set strategy = ingot__spark_strategy() -%}
  {%- set existing = load_cached_relation(this) -%}
  {%- set final = this.incorporate(type='table') -%}
  {%- set on_schema_change = incremental_validate_on_schema_change(config.get('on_schema_change'), default='ignore') -%}
  {%- if strategy in ['insert_overwrite', 'microbatch'] and config.get('partition_by') -%}
    {%- call statement() -%}set spark.sql.sources.partitionOverwriteMode = DYNAMIC{%- endcall -%}
  {%- endif -%}
  {%- do ingot__spark_before() -%}
  {%- if existing is none or existing.is_view or should_full_refresh() -%}
    {%- do ingot__spark_build(existing, final) -%}
  {%- else -%}
    {%- set new_rows = make_temp_relation(final) -%}
    {%- call statement('new_rows') -%}{{ create_table_as(true, new_rows, sql) }}{%- endcall -%}
    {%- do process_schema_changes(on_schema_change, new_rows, existing) -%}
    {%- set predicates = config.get('predicates', none) or config.get('incremental_predicates', none) -%}
    {%- call statement('main') -%}
      {{ ingot__spark_incremental_sql(strategy, new_rows, existing, config.get('unique_key'), predicates) }}
    {%- endcall -%}
    {%- call statement() -%}drop view if exists {{ new_rows }}{%- endcall -%}
  {%- endif -%}
  {%- do ingot__spark_after(final) -%}
  {%- do return(ingot__spark_made(final)) -%}
{% endmaterialization %}

{# The strategy, if Spark has it for the format of the table. #}
{% macro ingot__spark_strategy() %}
  {%- set formats = ['text', 'csv', 'json', 'jdbc', 'parquet', 'orc', 'hive', 'delta', 'iceberg', 'libsvm', 'hudi'] -%}
  {%- set format = config.get('file_format') or 'parquet' -%}
  {%- set strategy = config.get('incremental_strategy') or 'append' -%}
  {%- if format not in formats -%}
    {%- do exceptions.raise_compiler_error('Invalid file format provided: ' ~ format ~ '\nExpected one of: ' ~ formats | join(', ')) -%}
  {%- endif -%}
  {%- if strategy not in ['append', 'merge', 'insert_overwrite', 'microbatch'] -%}
    {%- do exceptions.raise_compiler_error('Invalid incremental strategy provided: ' ~ strategy ~ "\nExpected one of: 'append', 'merge', 'insert_overwrite', 'microbatch'") -%}
  {%- endif -%}
  {%- if strategy == 'merge' and format not in ['delta', 'iceberg', 'hudi'] -%}
    {%- do exceptions.raise_compiler_error('Invalid incremental strategy provided: merge\nYou can only choose this strategy when file_format is set to \'delta\' or \'iceberg\' or \'hudi\'') -%}
  {%- endif -%}
  {%- if strategy == 'microbatch' and not config.get('partition_by') -%}
    {%- do exceptions.raise_compiler_error("dbt-spark 'microbatch' incremental strategy requires a `partition_by` config.\nEnsure you are using a `partition_by` column that is of grain " ~ config.get('batch_size') ~ '.') -%}
  {%- endif -%}
  {#- Sail takes the setting without a word, and overwrites all partitions. -#}
  {%- if execute and strategy in ['insert_overwrite', 'microbatch'] and config.get('partition_by') and adapter.ingot_is_sail() -%}
    {%- do exceptions.raise_compiler_error("this server (Sail) overwrites the whole table where only partitions are to be overwritten; use incremental_strategy='merge', or insert_overwrite without partition_by") -%}
  {%- endif -%}
  {%- do return(strategy) -%}
{% endmacro %}

{% macro ingot__spark_incremental_sql(strategy, source, target, unique_key, predicates) %}
  {%- if strategy == 'merge' -%}
    {{ get_merge_sql(target, source, unique_key, none, predicates) }}
  {%- else -%}
    {%- set names = adapter.get_columns_in_relation(target) | map(attribute='quoted') | join(', ') -%}
    {%- if strategy == 'append' -%}
  insert into table {{ target }}
    {%- else -%}
  insert overwrite {{ 'table ' if not target.is_iceberg }}{{ target }} {{ partition_cols(label='partition') if not target.is_iceberg }}
    {%- endif %}
  select {{ names }} from {{ source }}
  {%- endif -%}
{% endmacro %}

{% macro spark__get_merge_sql(target, source, unique_key, dest_columns, incremental_predicates=none) %}
  {%- set conditions = [] -%}
  {%- do conditions.extend([incremental_predicates] if incremental_predicates is string else (incremental_predicates or [])) -%}
  {%- set keys = [] if not unique_key else ([unique_key] if unique_key is string else unique_key) -%}
  {%- for key in keys -%}{%- do conditions.append('DBT_INTERNAL_SOURCE.' ~ key ~ ' = DBT_INTERNAL_DEST.' ~ key) -%}{%- endfor -%}
  {%- if not keys -%}{%- do conditions.append('FALSE') -%}{%- endif -%}
  {%- set included = config.get('merge_update_columns') -%}
  {%- set excluded = config.get('merge_exclude_columns') -%}
  {%- set updated = get_merge_update_columns(included, excluded, adapter.get_columns_in_relation(target)) if included or excluded else [] -%}
  merge into {{ target }} as DBT_INTERNAL_DEST
  using {{ source }} as DBT_INTERNAL_SOURCE
  on {{ conditions | join(' and ') }}
  when matched then update set
    {% for name in updated %}{{ name }} = DBT_INTERNAL_SOURCE.{{ name }}{{ ', ' if not loop.last }}{% else %}*{% endfor %}
  when not matched then insert *
{% endmacro %}
