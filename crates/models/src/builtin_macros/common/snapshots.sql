{# Snapshots: the history of a table that only shows its present.
   Every version of a row is kept with the time from which and until which it was the valid one. #}

{% macro ingot__snapshot_keys(unique_key) %}
  {%- do return([unique_key] if unique_key is string else unique_key) -%}
{% endmacro %}

{# A row whose key holds a null is the same as no other row, so that each run adds it again. #}
{% macro ingot__warn_of_null_keys(rows, keys, condition) %}
  {%- set nulls -%}{%- for key in keys %}{{ key }} is null{{ ' or ' if not loop.last }}{% endfor -%}{%- endset -%}
  {%- set count = run_query('select count(*) from ' ~ rows ~ ' where ' ~ condition ~ ' and (' ~ nulls ~ ')').rows[0][0] -%}
  {%- if count -%}
    {%- do exceptions.warn("snapshot '" ~ model.name ~ "': " ~ count ~ ' added ' ~ ('rows have' if count > 1 else 'row has') ~ ' a null in the unique_key (' ~ keys | join(', ') ~ '), so every run adds ' ~ ('them' if count > 1 else 'it') ~ ' again') -%}
  {%- endif -%}
{% endmacro %}

{% macro snapshot_hash_arguments(args) %}{{ adapter.dispatch('snapshot_hash_arguments', 'dbt')(args) }}{% endmacro %}
{% macro default__snapshot_hash_arguments(args) -%}
  md5({% for arg in args %}coalesce(cast({{ arg }} as varchar), ''){{ " || '|' || " if not loop.last }}{% endfor %})
{%- endmacro %}

{% macro get_snapshot_table_column_names() %}
  {%- do return({'dbt_scd_id': 'dbt_scd_id', 'dbt_updated_at': 'dbt_updated_at', 'dbt_valid_from': 'dbt_valid_from',
                   'dbt_valid_to': 'dbt_valid_to', 'dbt_is_deleted': 'dbt_is_deleted'}) -%}
{% endmacro %}
{% macro ingot__snapshot_names() %}
  {%- set names = get_snapshot_table_column_names() -%}
  {%- do names.update(config.get('snapshot_meta_column_names') or config.get('snapshot_table_column_names') or {}) -%}
  {%- do return(names) -%}
{% endmacro %}

{# A strategy says when a row was changed, and how to see that it was. A project may have its own:
   a macro snapshot_NAME_strategy with these parameters, which gives a dict with these keys. #}
{% macro strategy_dispatch(name) %}
  {%- set found = none -%}
  {%- if name and '.' in name -%}
    {%- set package = context.get(name.split('.')[0]) -%}
    {%- set wanted = 'snapshot_' ~ name.split('.', 1)[1] ~ '_strategy' -%}
    {%- if package and wanted in package -%}{%- set found = package[wanted] -%}{%- endif -%}
  {%- elif name -%}
    {%- set found = context.get('snapshot_' ~ name ~ '_strategy') -%}
  {%- endif -%}
  {%- if not found -%}
    {%- do exceptions.raise_compiler_error("a snapshot needs strategy='timestamp' (with updated_at) or strategy='check' (with check_cols), or one that a macro snapshot_NAME_strategy defines; there is none '" ~ name ~ "'") -%}
  {%- endif -%}
  {%- do return(found) -%}
{% endmacro %}

{% macro ingot__hard_deletes() %}
  {%- set wanted = config.get('hard_deletes') -%}
  {%- set older = config.get('invalidate_hard_deletes') -%}
  {%- if wanted is not none and older is not none -%}
    {%- do exceptions.raise_compiler_error('hard_deletes and invalidate_hard_deletes say the same; keep hard_deletes') -%}
  {%- endif -%}
  {%- set deletes = wanted or ('invalidate' if older else 'ignore') -%}
  {%- if deletes not in ['ignore', 'invalidate', 'new_record'] -%}
    {%- do exceptions.raise_compiler_error("hard_deletes is '" ~ deletes ~ "', and may be ignore, invalidate or new_record") -%}
  {%- endif -%}
  {%- do return(deletes) -%}
{% endmacro %}

{% macro snapshot_timestamp_strategy(node, snapshotted_rel, current_rel, model_config, target_exists) %}
  {%- set updated_at = config.require('updated_at') -%}
  {%- set keys = ingot__snapshot_keys(config.require('unique_key')) -%}
  {%- set deletes = ingot__hard_deletes() -%}
  {%- do return({
        'unique_key': config.get('unique_key'), 'updated_at': updated_at,
        'row_changed': '(' ~ snapshotted_rel ~ '.' ~ ingot__snapshot_names().dbt_valid_from ~ ' < ' ~ current_rel ~ '.' ~ updated_at ~ ')',
        'scd_id': snapshot_hash_arguments(keys + [updated_at]),
        'hard_deletes': deletes, 'invalidate_hard_deletes': deletes == 'invalidate'}) -%}
{% endmacro %}

{% macro snapshot_check_strategy(node, snapshotted_rel, current_rel, model_config, target_exists) %}
  {%- set updated_at = config.get('updated_at') or snapshot_get_time() -%}
  {%- set keys = ingot__snapshot_keys(config.require('unique_key')) -%}
  {%- set deletes = ingot__hard_deletes() -%}
  {%- set checked = config.require('check_cols') -%}
  {%- set tests = [] -%}
  {%- if target_exists -%}
    {%- if checked == 'all' -%}{%- set query = sql -%}
    {%- elif checked is string or not checked -%}
      {%- do exceptions.raise_compiler_error("check_cols must be 'all' or a list of columns, not " ~ checked) -%}
    {%- else -%}{%- set query = 'select ' ~ checked | join(', ') ~ ' from (\n' ~ sql ~ '\n) as subq' -%}
    {%- endif -%}
    {%- set known = adapter.get_columns_in_relation(load_cached_relation(this)) | map(attribute='name') | list -%}
    {%- for column in get_columns_in_query(query) -%}
      {%- if column in known -%}
        {%- set name = adapter.quote(column) -%}
        {%- do tests.append(snapshotted_rel ~ '.' ~ name ~ ' is distinct from ' ~ current_rel ~ '.' ~ name) -%}
      {%- else -%}
        {#- a new column changes every row -#}
        {%- do tests.append(get_true_sql()) -%}
      {%- endif -%}
    {%- endfor -%}
  {%- endif -%}
  {%- do return({
        'unique_key': config.get('unique_key'), 'updated_at': updated_at, 'row_changed': '(' ~ (tests | join(' or ') or 'false') ~ ')',
        'scd_id': snapshot_hash_arguments(keys + [updated_at]),
        'hard_deletes': deletes, 'invalidate_hard_deletes': deletes == 'invalidate'}) -%}
{% endmacro %}

{% macro get_true_sql() %}{{ adapter.dispatch('get_true_sql', 'dbt')() }}{% endmacro %}
{% macro default__get_true_sql() %}{%- do return('true') -%}{% endmacro %}

{# Until when a row is valid that is valid now: a value of the type that updated_at has. #}
{% macro ingot__open_end(updated_at) %}coalesce(nullif({{ updated_at }}, {{ updated_at }}), {{ config.get('dbt_valid_to_current') or 'null' }}){% endmacro %}

{% macro get_dbt_valid_to_current(strategy, columns) %}
  {{ ingot__open_end(strategy.updated_at) }} as {{ columns.dbt_valid_to }}
{% endmacro %}
{% macro snapshot_string_as_time(timestamp) %}{{ adapter.dispatch('snapshot_string_as_time', 'dbt')(timestamp) }}{% endmacro %}

{# Parts of a snapshot's query, for projects that write the query themselves. #}
{% macro unique_key_fields(unique_key) %}
  {%- if unique_key is string -%}{{ unique_key }} as dbt_unique_key
  {%- else -%}{%- for key in unique_key %}{{ key }} as dbt_unique_key_{{ loop.index }}{{ ', ' if not loop.last }}{% endfor -%}
  {%- endif -%}
{% endmacro %}
{% macro unique_key_join_on(unique_key, identifier, from_identifier) %}
  {%- if unique_key is string -%}{{ identifier }}.dbt_unique_key = {{ from_identifier }}.dbt_unique_key
  {%- else -%}
    {%- for key in unique_key -%}
      {{ equals(identifier ~ '.dbt_unique_key_' ~ loop.index, from_identifier ~ '.dbt_unique_key_' ~ loop.index) }}{{ ' and ' if not loop.last }}
    {%- endfor -%}
  {%- endif -%}
{% endmacro %}
{% macro unique_key_is_null(unique_key, identifier) %}{{ identifier }}.dbt_unique_key{{ '' if unique_key is string else '_1' }} is null{% endmacro %}
{% macro unique_key_is_not_null(unique_key, identifier) %}{{ identifier }}.dbt_unique_key{{ '' if unique_key is string else '_1' }} is not null{% endmacro %}

{# What becomes of rows that are gone: `ignore`, `invalidate` or `new_record`. #}
{% macro ingot__deletes_of(strategy) %}
  {%- do return(strategy.hard_deletes or ('invalidate' if strategy.invalidate_hard_deletes else 'ignore')) -%}
{% endmacro %}

{% macro build_snapshot_table(strategy, sql) %}{{ adapter.dispatch('build_snapshot_table', 'dbt')(strategy, sql) }}{% endmacro %}
{% macro default__build_snapshot_table(strategy, sql) %}
  {%- set names = ingot__snapshot_names() -%}
    select *,
        {{ strategy.scd_id }} as {{ names.dbt_scd_id }},
        {{ strategy.updated_at }} as {{ names.dbt_updated_at }},
        {{ strategy.updated_at }} as {{ names.dbt_valid_from }},
        {{ ingot__open_end(strategy.updated_at) }} as {{ names.dbt_valid_to }}
        {%- if ingot__deletes_of(strategy) == 'new_record' %},
        'False' as {{ names.dbt_is_deleted }}
        {%- endif %}
    from (
        {{ adapter.ingot_query(sql) }}
    ) as sbq
{% endmacro %}

{# The changes against the table: rows to add, and rows whose time is over. #}
{% macro snapshot_staging_table(strategy, source_sql, target_relation) %}
  {{- adapter.dispatch('snapshot_staging_table', 'dbt')(strategy, source_sql, target_relation) -}}
{% endmacro %}
{% macro default__snapshot_staging_table(strategy, source_sql, target_relation) %}
  {%- set names = ingot__snapshot_names() -%}
  {%- set keys = ingot__snapshot_keys(strategy.unique_key or config.get('unique_key')) -%}
  {%- set deletes = ingot__deletes_of(strategy) -%}
  {%- set same_key -%}
    {%- for key in keys %}snapshotted_data.ingot_key_{{ loop.index }} = source_data.ingot_key_{{ loop.index }}{{ ' and ' if not loop.last }}{% endfor -%}
  {%- endset -%}
  {#- A key may be an expression over the columns. -#}
  {%- set key_columns -%}
    {%- for key in keys %}, {{ key }} as ingot_key_{{ loop.index }}{% endfor -%}
  {%- endset -%}
  {%- set current = config.get('dbt_valid_to_current') -%}
  {%- set is_current = '(' ~ names.dbt_valid_to ~ ' = ' ~ current ~ ' or ' ~ names.dbt_valid_to ~ ' is null)' if current else names.dbt_valid_to ~ ' is null' -%}
  {%- set columns = get_quoted_csv(get_columns_in_query(source_sql)) -%}
  {%- set now = snapshot_get_time() -%}
  {%- set keeps_deleted = deletes == 'new_record' -%}
with
incoming as (
    select *, {{ strategy.updated_at }} as ingot_updated_at, {{ strategy.scd_id }} as ingot_scd_id{{ key_columns }}
    from (
        {{ adapter.ingot_query(source_sql) }}
    ) as sbq
),
snapshotted_data as (select *{{ key_columns }} from {{ target_relation }} where {{ is_current }}),
changed as (
    select source_data.*, snapshotted_data.{{ names.dbt_scd_id }} as ingot_old_id
           {%- if keeps_deleted %}, snapshotted_data.{{ names.dbt_is_deleted }} as ingot_was_deleted{% endif %}
    from incoming as source_data left join snapshotted_data on {{ same_key }}
    where snapshotted_data.{{ names.dbt_scd_id }} is null or {{ strategy.row_changed }}
          {%- if keeps_deleted %} or snapshotted_data.{{ names.dbt_is_deleted }} = 'True'{% endif %}
)
{%- if deletes in ['invalidate', 'new_record'] %},
gone as (
    select snapshotted_data.* exclude ({% for key in keys %}ingot_key_{{ loop.index }}{{ ', ' if not loop.last }}{% endfor %}) from snapshotted_data left join incoming as source_data on {{ same_key }}
    where source_data.ingot_scd_id is null {%- if keeps_deleted %} and snapshotted_data.{{ names.dbt_is_deleted }} = 'False'{% endif %}
)
{%- endif %}
select 'insert' as dbt_change_type, {{ columns }}, ingot_scd_id as {{ names.dbt_scd_id }}, ingot_updated_at as {{ names.dbt_updated_at }},
       ingot_updated_at as {{ names.dbt_valid_from }}, {{ ingot__open_end('ingot_updated_at') }} as {{ names.dbt_valid_to }}
       {%- if keeps_deleted %}, 'False' as {{ names.dbt_is_deleted }}{% endif %}
from changed
union all by name
select 'update' as dbt_change_type, {{ columns }}, ingot_old_id as {{ names.dbt_scd_id }}, ingot_updated_at as {{ names.dbt_updated_at }},
       ingot_updated_at as {{ names.dbt_valid_from }}, ingot_updated_at as {{ names.dbt_valid_to }}
       {%- if keeps_deleted %}, ingot_was_deleted as {{ names.dbt_is_deleted }}{% endif %}
from changed where ingot_old_id is not null
{%- if deletes in ['invalidate', 'new_record'] %}
union all by name
select 'delete' as dbt_change_type, * replace ({{ now }} as {{ names.dbt_valid_to }}) from gone
{%- endif %}
{%- if keeps_deleted %}
union all by name
select 'insert' as dbt_change_type, * replace (
    {{ snapshot_hash_arguments([names.dbt_scd_id, now]) }} as {{ names.dbt_scd_id }}, {{ now }} as {{ names.dbt_updated_at }}, {{ now }} as {{ names.dbt_valid_from }},
    {{ names.dbt_valid_to }} as {{ names.dbt_valid_to }}, 'True' as {{ names.dbt_is_deleted }})
from gone
{%- endif %}
{% endmacro %}

{% macro build_snapshot_staging_table(strategy, sql, target_relation) %}
  {%- set staging = make_temp_relation(target_relation) -%}
  {%- call statement('build_snapshot_staging_relation') -%}
    {{ create_table_as(true, staging, snapshot_staging_table(strategy, sql, target_relation)) }}
  {%- endcall -%}
  {%- do return(staging) -%}
{% endmacro %}

{% macro create_columns(relation, columns) %}{{ adapter.dispatch('create_columns', 'dbt')(relation, columns) }}{% endmacro %}
{% macro default__create_columns(relation, columns) %}
  {%- for column in columns -%}
    {%- call statement() -%}alter table {{ relation }} add column {{ column.quoted }} {{ column.data_type }}{%- endcall -%}
  {%- endfor -%}
{% endmacro %}

{% macro snapshot_merge_sql(target, source, insert_cols) %}{{ adapter.dispatch('snapshot_merge_sql', 'dbt')(target, source, insert_cols) }}{% endmacro %}

{% macro post_snapshot(staging_relation) %}{{ adapter.dispatch('post_snapshot', 'dbt')(staging_relation) }}{% endmacro %}
{% macro default__post_snapshot(staging_relation) %}{% endmacro %}

{# Columns of a staging table that say what is to be done, and are not of the snapshot. #}
{% macro ingot__is_of_staging(name) %}
  {%- do return(name | lower == 'dbt_change_type' or (name | lower).startswith('dbt_unique_key')) -%}
{% endmacro %}

{# Computes the changes and gives the staging table with the quoted names of the columns to insert. #}
{% macro ingot__stage_snapshot(strategy, existing, keys) %}
  {%- do adapter.assert_valid_snapshot_target_given_strategy(existing, ingot__snapshot_names(), strategy) -%}
  {%- set staging = build_snapshot_staging_table(strategy, sql, existing) -%}
  {%- do ingot__warn_of_null_keys(staging, keys, "dbt_change_type = 'insert'") -%}
  {%- set known = adapter.get_columns_in_relation(existing) | map(attribute='name') | map('lower') | list -%}
  {%- set names = [] -%}
  {%- set added = [] -%}
  {%- for column in adapter.get_columns_in_relation(staging) if not ingot__is_of_staging(column.name) -%}
    {%- do names.append(column.quoted) -%}
    {%- if column.name | lower not in known -%}{%- do added.append(column) -%}{%- endif -%}
  {%- endfor -%}
  {%- if added -%}{%- do create_columns(existing, added) -%}{%- endif -%}
  {%- do return([staging, names]) -%}
{% endmacro %}

{% materialization snapshot, default %}
  {%- set existing = load_cached_relation(this) -%}
  {%- set final = this.incorporate(type='table') -%}
  {%- if existing is not none and existing.is_view -%}
    {%- do exceptions.relation_wrong_type(existing, 'table') -%}
  {%- endif -%}
  {%- set keys = ingot__snapshot_keys(config.require('unique_key')) -%}
  {%- set strategy = strategy_dispatch(config.get('strategy'))(model, 'snapshotted_data', 'source_data', model.config, existing is not none) -%}

  {%- do run_hooks(pre_hooks, inside_transaction=false) -%}
  {%- do run_hooks(pre_hooks, inside_transaction=true) -%}

  {%- set staging = none -%}
  {%- if existing is none -%}
    {%- call statement('main') -%}{{ create_table_as(false, final, build_snapshot_table(strategy, sql)) }}{%- endcall -%}
    {%- do ingot__warn_of_null_keys(final, keys, 'true') -%}
  {%- else -%}
    {%- set staging, names = ingot__stage_snapshot(strategy, existing, keys) -%}
    {%- call statement('main') -%}{{ snapshot_merge_sql(existing, staging, names) }}{%- endcall -%}
  {%- endif -%}

  {%- do apply_grants(final, config.get('grants'), should_revoke=should_revoke(existing, full_refresh_mode=false)) -%}
  {%- do persist_docs(final, model) -%}
  {%- if existing is none -%}{%- do create_indexes(final) -%}{%- endif -%}
  {%- do run_hooks(post_hooks, inside_transaction=true) -%}
  {%- do adapter.commit() -%}
  {%- if staging is not none -%}{%- do post_snapshot(staging) -%}{%- endif -%}
  {%- do run_hooks(post_hooks, inside_transaction=false) -%}
  {%- do return({'relations': [final]}) -%}
{% endmaterialization %}
