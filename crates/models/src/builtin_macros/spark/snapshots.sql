{# Snapshots on Spark: the changes as a temporary view, merged into the table by one statement
   (dbt/include/spark/macros/materializations/snapshot.sql of dbt-spark 1.11). #}

{% macro spark__snapshot_hash_arguments(args) -%}
  md5({% for arg in args %}coalesce(cast({{ arg }} as string), ''){{ " || '|' || " if not loop.last }}{% endfor %})
{%- endmacro %}

{% macro spark__create_columns(relation, columns) %}{%- do alter_relation_add_remove_columns(relation, columns, none) -%}{% endmacro %}

{# As the changes of DuckDB (common/snapshots.sql), with all columns written out: Spark has neither `exclude` nor `union all by
   name`. The columns of each part are the same, in the same order. #}
{% macro spark__snapshot_staging_table(strategy, source_sql, target_relation) %}
  {%- set names = ingot__snapshot_names() -%}
  {%- set keys = ingot__snapshot_keys(strategy.unique_key or config.get('unique_key')) -%}
  {%- set deletes = ingot__deletes_of(strategy) -%}
  {%- set same_key -%}
    {%- for key in keys %}snapshotted_data.ingot_key_{{ loop.index }} = source_data.ingot_key_{{ loop.index }}{{ ' and ' if not loop.last }}{% endfor -%}
  {%- endset -%}
  {%- set key_columns -%}
    {%- for key in keys %}, {{ key }} as ingot_key_{{ loop.index }}{% endfor -%}
  {%- endset -%}
  {%- set current = config.get('dbt_valid_to_current') -%}
  {%- set is_current = '(' ~ names.dbt_valid_to ~ ' = ' ~ current ~ ' or ' ~ names.dbt_valid_to ~ ' is null)' if current else names.dbt_valid_to ~ ' is null' -%}
  {%- set keeps_deleted = deletes == 'new_record' -%}
  {%- set known = adapter.get_columns_in_relation(target_relation) | map(attribute='name') | map('lower') | list -%}
  {%- set columns = get_columns_in_query(source_sql) -%}
  {%- set listed = get_quoted_csv(columns) -%}
  {%- set of_new = [] -%}
  {%- set of_old = [] -%}
  {%- for column in columns -%}
    {%- do of_new.append('source_data.' ~ adapter.quote(column)) -%}
    {%- do of_old.append(('snapshotted_data.' if column | lower in known else 'null as ') ~ adapter.quote(column)) -%}
  {%- endfor -%}
  {%- set now = snapshot_get_time() -%}
with
incoming as (
    select *, {{ strategy.updated_at }} as ingot_updated_at, {{ strategy.scd_id }} as ingot_scd_id{{ key_columns }}
    from (
        {{ adapter.ingot_query(source_sql) }}
    ) as sbq
),
snapshotted_data as (select *{{ key_columns }} from {{ target_relation }} where {{ is_current }}),
changed as (
    select {{ of_new | join(', ') }}, source_data.ingot_updated_at, source_data.ingot_scd_id, snapshotted_data.{{ names.dbt_scd_id }} as ingot_old_id
           {%- if keeps_deleted %}, snapshotted_data.{{ names.dbt_is_deleted }} as ingot_was_deleted{% endif %}
    from incoming as source_data left join snapshotted_data on {{ same_key }}
    where snapshotted_data.{{ names.dbt_scd_id }} is null or {{ strategy.row_changed }}
          {%- if keeps_deleted %} or snapshotted_data.{{ names.dbt_is_deleted }} = 'True'{% endif %}
)
{%- if deletes in ['invalidate', 'new_record'] %},
gone as (
    select {{ of_old | join(', ') }}, snapshotted_data.{{ names.dbt_scd_id }}, snapshotted_data.{{ names.dbt_updated_at }}, snapshotted_data.{{ names.dbt_valid_from }}, snapshotted_data.{{ names.dbt_valid_to }}
           {%- if keeps_deleted %}, snapshotted_data.{{ names.dbt_is_deleted }}{% endif %}
    from snapshotted_data left join incoming as source_data on {{ same_key }}
    where source_data.ingot_scd_id is null {%- if keeps_deleted %} and snapshotted_data.{{ names.dbt_is_deleted }} = 'False'{% endif %}
)
{%- endif %}
select 'insert' as dbt_change_type, {{ listed }}, ingot_scd_id as {{ names.dbt_scd_id }}, ingot_updated_at as {{ names.dbt_updated_at }},
       ingot_updated_at as {{ names.dbt_valid_from }}, {{ ingot__open_end('ingot_updated_at') }} as {{ names.dbt_valid_to }}
       {%- if keeps_deleted %}, 'False' as {{ names.dbt_is_deleted }}{% endif %}
from changed
union all
select 'update' as dbt_change_type, {{ listed }}, ingot_old_id as {{ names.dbt_scd_id }}, ingot_updated_at as {{ names.dbt_updated_at }},
       ingot_updated_at as {{ names.dbt_valid_from }}, ingot_updated_at as {{ names.dbt_valid_to }}
       {%- if keeps_deleted %}, ingot_was_deleted as {{ names.dbt_is_deleted }}{% endif %}
from changed where ingot_old_id is not null
{%- if deletes in ['invalidate', 'new_record'] %}
union all
select 'delete' as dbt_change_type, {{ listed }}, {{ names.dbt_scd_id }}, {{ names.dbt_updated_at }}, {{ names.dbt_valid_from }}, {{ now }} as {{ names.dbt_valid_to }}
       {%- if keeps_deleted %}, {{ names.dbt_is_deleted }}{% endif %}
from gone
{%- endif %}
{%- if keeps_deleted %}
union all
select 'insert' as dbt_change_type, {{ listed }}, {{ snapshot_hash_arguments([names.dbt_scd_id, now]) }} as {{ names.dbt_scd_id }},
       {{ now }} as {{ names.dbt_updated_at }}, {{ now }} as {{ names.dbt_valid_from }}, {{ names.dbt_valid_to }}, 'True' as {{ names.dbt_is_deleted }}
from gone
{%- endif %}
{% endmacro %}

{% macro spark__snapshot_merge_sql(target, source, insert_cols) %}
  {%- set names = ingot__snapshot_names() -%}
  {%- set current = config.get('dbt_valid_to_current') -%}
  merge into {{ target }} as DBT_INTERNAL_DEST
  using {{ source }} as DBT_INTERNAL_SOURCE
  on DBT_INTERNAL_SOURCE.{{ names.dbt_scd_id }} = DBT_INTERNAL_DEST.{{ names.dbt_scd_id }}
  when matched
    and {{ '(DBT_INTERNAL_DEST.' ~ names.dbt_valid_to ~ ' = ' ~ current ~ ' or DBT_INTERNAL_DEST.' ~ names.dbt_valid_to ~ ' is null)' if current else 'DBT_INTERNAL_DEST.' ~ names.dbt_valid_to ~ ' is null' }}
    and DBT_INTERNAL_SOURCE.dbt_change_type in ('update', 'delete')
    then update set {{ names.dbt_valid_to }} = DBT_INTERNAL_SOURCE.{{ names.dbt_valid_to }}
  when not matched and DBT_INTERNAL_SOURCE.dbt_change_type = 'insert'
    then insert ({{ insert_cols | join(', ') }})
    values ({% for name in insert_cols %}DBT_INTERNAL_SOURCE.{{ name }}{{ ', ' if not loop.last }}{% endfor %})
{% endmacro %}

{% materialization snapshot, adapter='spark' %}
  {%- set existing = load_cached_relation(this) -%}
  {%- set final = this.incorporate(type='table') -%}
  {%- set format = config.get('file_format') or 'parquet' -%}
  {%- set formats = ['delta', 'iceberg', 'hudi'] -%}
  {%- if format not in formats -%}
    {%- do exceptions.raise_compiler_error("Invalid file format: " ~ format ~ "\nSnapshot functionality requires file_format be set to 'delta' or 'iceberg' or 'hudi'") -%}
  {%- endif -%}
  {%- if existing is not none and existing.is_view -%}{%- do exceptions.relation_wrong_type(existing, 'table') -%}{%- endif -%}
  {%- if existing is not none and not (existing.is_delta or existing.is_iceberg or existing.is_hudi) -%}
    {%- do exceptions.raise_compiler_error("The existing table " ~ existing ~ " is in another format than 'delta' or 'iceberg' or 'hudi'") -%}
  {%- endif -%}
  {%- set keys = ingot__snapshot_keys(config.require('unique_key')) -%}
  {%- set strategy = strategy_dispatch(config.get('strategy'))(model, 'snapshotted_data', 'source_data', model.config, existing is not none) -%}

  {%- do ingot__spark_before() -%}
  {%- set staging = none -%}
  {%- if existing is none -%}
    {%- call statement('main') -%}{{ create_table_as(false, final, build_snapshot_table(strategy, sql)) }}{%- endcall -%}
    {%- do ingot__warn_of_null_keys(final, keys, 'true') -%}
  {%- else -%}
    {%- set staging, names = ingot__stage_snapshot(strategy, existing, keys) -%}
    {%- call statement('main') -%}{{ snapshot_merge_sql(existing, staging, names) }}{%- endcall -%}
    {%- call statement() -%}drop view if exists {{ staging }}{%- endcall -%}
    {%- do post_snapshot(staging) -%}
  {%- endif -%}
  {%- do ingot__spark_after(final) -%}
  {%- do return(ingot__spark_made(final)) -%}
{% endmaterialization %}
