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

{% macro ingot__snapshot_names() %}
  {%- set names = {'dbt_scd_id': 'dbt_scd_id', 'dbt_updated_at': 'dbt_updated_at', 'dbt_valid_from': 'dbt_valid_from',
                   'dbt_valid_to': 'dbt_valid_to', 'dbt_is_deleted': 'dbt_is_deleted'} -%}
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

{% macro ingot__snapshot_first(sql, names, strategy, keeps_deleted) %}
    select *,
        {{ strategy.scd_id }} as {{ names.dbt_scd_id }},
        {{ strategy.updated_at }} as {{ names.dbt_updated_at }},
        {{ strategy.updated_at }} as {{ names.dbt_valid_from }},
        {{ ingot__open_end(strategy.updated_at) }} as {{ names.dbt_valid_to }}
        {%- if keeps_deleted %},
        'False' as {{ names.dbt_is_deleted }}
        {%- endif %}
    from (
        {{ adapter.ingot_query(sql) }}
    ) as sbq
{% endmacro %}

{# The changes against the table: rows to add, and rows whose time is over. #}
{% macro ingot__snapshot_changes(sql, existing, names, keys, strategy, deletes) %}
  {%- set same_key -%}
    {%- for key in keys %}old.ingot_key_{{ loop.index }} = new.ingot_key_{{ loop.index }}{{ ' and ' if not loop.last }}{% endfor -%}
  {%- endset -%}
  {#- A key may be an expression over the columns. -#}
  {%- set key_columns -%}
    {%- for key in keys %}, {{ key }} as ingot_key_{{ loop.index }}{% endfor -%}
  {%- endset -%}
  {%- set current = config.get('dbt_valid_to_current') -%}
  {%- set is_current = '(' ~ names.dbt_valid_to ~ ' = ' ~ current ~ ' or ' ~ names.dbt_valid_to ~ ' is null)' if current else names.dbt_valid_to ~ ' is null' -%}
  {%- set columns = get_quoted_csv(get_columns_in_query(sql)) -%}
  {%- set prefixed = [] -%}
  {%- for column in get_columns_in_query(sql) -%}{%- do prefixed.append('new.' ~ adapter.quote(column)) -%}{%- endfor -%}
  {%- set now = snapshot_get_time() -%}
  {%- set keeps_deleted = deletes == 'new_record' -%}
with
incoming as (
    select *, {{ strategy.updated_at }} as ingot_updated_at, {{ strategy.scd_id }} as ingot_scd_id{{ key_columns }}
    from (
        {{ adapter.ingot_query(sql) }}
    ) as sbq
),
old as (select *{{ key_columns }} from {{ existing }} where {{ is_current }}),
changed as (
    select new.*, old.{{ names.dbt_scd_id }} as ingot_old_id
           {%- if keeps_deleted %}, old.{{ names.dbt_is_deleted }} as ingot_was_deleted{% endif %}
    from incoming as new left join old on {{ same_key }}
    where old.{{ names.dbt_scd_id }} is null or {{ strategy.row_changed }}
          {%- if keeps_deleted %} or old.{{ names.dbt_is_deleted }} = 'True'{% endif %}
)
{%- if deletes in ['invalidate', 'new_record'] %},
gone as (
    select old.* exclude ({% for key in keys %}ingot_key_{{ loop.index }}{{ ', ' if not loop.last }}{% endfor %}) from old left join incoming as new on {{ same_key }}
    where new.ingot_scd_id is null {%- if keeps_deleted %} and old.{{ names.dbt_is_deleted }} = 'False'{% endif %}
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

{% materialization snapshot, default %}
  {%- set existing = load_cached_relation(this) -%}
  {%- set final = this.incorporate(type='table') -%}
  {%- if existing is not none and existing.is_view -%}
    {%- do exceptions.relation_wrong_type(existing, 'table') -%}
  {%- endif -%}
  {%- set names = ingot__snapshot_names() -%}
  {%- set keys = ingot__snapshot_keys(config.require('unique_key')) -%}
  {%- set strategy = strategy_dispatch(config.get('strategy'))(model, 'old', 'new', model.config, existing is not none) -%}
  {%- set deletes = strategy.hard_deletes or ('invalidate' if strategy.invalidate_hard_deletes else 'ignore') -%}

  {%- do run_hooks(pre_hooks, inside_transaction=false) -%}
  {%- do run_hooks(pre_hooks, inside_transaction=true) -%}

  {%- if existing is none -%}
    {%- call statement('main') -%}{{ create_table_as(false, final, ingot__snapshot_first(sql, names, strategy, deletes == 'new_record')) }}{%- endcall -%}
    {%- do ingot__warn_of_null_keys(final, keys, 'true') -%}
  {%- else -%}
    {%- do adapter.assert_valid_snapshot_target_given_strategy(existing, names, strategy) -%}
    {%- set changes = make_temp_relation(final) -%}
    {%- call statement('changes') -%}{{ create_table_as(true, changes, ingot__snapshot_changes(sql, existing, names, keys, strategy, deletes)) }}{%- endcall -%}
    {%- do ingot__warn_of_null_keys(changes, keys, "dbt_change_type = 'insert'") -%}
    {%- set known = adapter.get_columns_in_relation(existing) | map(attribute='name') | map('lower') | list -%}
    {%- set columns = [] -%}
    {%- for column in adapter.get_columns_in_relation(changes) if column.name != 'dbt_change_type' -%}
      {%- do columns.append(column) -%}
      {%- if column.name | lower not in known -%}
        {%- call statement('add_column') -%}alter table {{ existing }} add column {{ column.quoted }} {{ column.data_type }}{%- endcall -%}
      {%- endif -%}
    {%- endfor -%}
    {%- set listed = get_quoted_csv(columns | map(attribute='name')) -%}
    {%- call statement('main') -%}
update {{ existing }} as old set {{ names.dbt_valid_to }} = new.{{ names.dbt_valid_to }}
from {{ changes }} as new
where old.{{ names.dbt_scd_id }} = new.{{ names.dbt_scd_id }} and new.dbt_change_type in ('update', 'delete')
  and {{ 'old.' ~ names.dbt_valid_to ~ ' is null' if not config.get('dbt_valid_to_current') else '(old.' ~ names.dbt_valid_to ~ ' is null or old.' ~ names.dbt_valid_to ~ ' = ' ~ config.get('dbt_valid_to_current') ~ ')' }};
insert into {{ existing }} ({{ listed }}) select {{ listed }} from {{ changes }} where dbt_change_type = 'insert'
    {%- endcall -%}
    {%- do adapter.drop_relation(changes) -%}
  {%- endif -%}

  {%- if existing is none -%}{%- do create_indexes(final) -%}{%- endif -%}
  {%- do persist_docs(final, model) -%}
  {%- do run_hooks(post_hooks, inside_transaction=true) -%}
  {%- do adapter.commit() -%}
  {%- do run_hooks(post_hooks, inside_transaction=false) -%}
  {%- do return({'relations': [final]}) -%}
{% endmaterialization %}
