{# Snapshots: the history of a table that only shows its present.
   Every version of a row is kept with the time from which and until which it was the valid one. #}

{% macro ingot__snapshot_keys(unique_key) %}
  {%- do return([unique_key] if unique_key is string else unique_key) -%}
{% endmacro %}

{% macro snapshot_hash_arguments(args) %}{{ adapter.dispatch('snapshot_hash_arguments', 'dbt')(args) }}{% endmacro %}
{% macro default__snapshot_hash_arguments(args) -%}
  md5({% for arg in args %}coalesce(cast({{ arg }} as varchar), ''){{ " || '|' || " if not loop.last }}{% endfor %})
{%- endmacro %}

{% macro ingot__snapshot_names() %}
  {%- set names = {'dbt_scd_id': 'dbt_scd_id', 'dbt_updated_at': 'dbt_updated_at', 'dbt_valid_from': 'dbt_valid_from',
                   'dbt_valid_to': 'dbt_valid_to', 'dbt_is_deleted': 'dbt_is_deleted'} -%}
  {%- do names.update(config.get('snapshot_meta_column_names') or {}) -%}
  {%- do return(names) -%}
{% endmacro %}

{# What the strategy says: when a row was changed, and how to see that it was. #}
{% macro ingot__snapshot_strategy(names, keys, existing) %}
  {%- set kind = config.get('strategy') -%}
  {%- if kind == 'timestamp' -%}
    {%- set updated_at = config.require('updated_at') -%}
    {%- set changed = 'old.' ~ names.dbt_valid_from ~ ' < new.' ~ updated_at -%}
  {%- elif kind == 'check' -%}
    {%- set updated_at = config.get('updated_at') or snapshot_get_time() -%}
    {%- set checked = config.require('check_cols') -%}
    {%- if checked == 'all' -%}
      {%- set checked = [] -%}
      {%- for column in get_columns_in_query(sql) if column | lower not in keys | map('lower') | list -%}
        {%- do checked.append(adapter.quote(column)) -%}
      {%- endfor -%}
    {%- elif checked is string -%}{%- set checked = [checked] -%}
    {%- endif -%}
    {%- set known = adapter.get_columns_in_relation(existing) | map(attribute='name') | map('lower') | list if existing is not none else [] -%}
    {%- set tests = [] -%}
    {%- for column in checked -%}
      {%- if existing is none or column | replace('"', '') | lower in known -%}
        {%- do tests.append('old.' ~ column ~ ' is distinct from new.' ~ column) -%}
      {%- else -%}
        {%- do tests.append('new.' ~ column ~ ' is not null') -%}
      {%- endif -%}
    {%- endfor -%}
    {%- set changed = '(' ~ tests | join(' or ') ~ ')' if tests else 'false' -%}
  {%- else -%}
    {%- do exceptions.raise_compiler_error("a snapshot needs strategy='timestamp' (with updated_at) or strategy='check' (with check_cols), not '" ~ kind ~ "'") -%}
  {%- endif -%}
  {%- do return({'updated_at': updated_at, 'changed': changed, 'scd_id': snapshot_hash_arguments(keys + [updated_at])}) -%}
{% endmacro %}

{% macro ingot__snapshot_first(sql, names, strategy, keeps_deleted) %}
    select *,
        {{ strategy.scd_id }} as {{ names.dbt_scd_id }},
        {{ strategy.updated_at }} as {{ names.dbt_updated_at }},
        {{ strategy.updated_at }} as {{ names.dbt_valid_from }},
        {{ config.get('dbt_valid_to_current') or 'cast(null as timestamp)' }} as {{ names.dbt_valid_to }}
        {%- if keeps_deleted %},
        'False' as {{ names.dbt_is_deleted }}
        {%- endif %}
    from (
        {{ sql }}
    ) as sbq
{% endmacro %}

{# The changes against the table: rows to add, and rows whose time is over. #}
{% macro ingot__snapshot_changes(sql, existing, names, keys, strategy, deletes) %}
  {%- set same_key -%}
    {%- for key in keys %}old.{{ key }} = new.{{ key }}{{ ' and ' if not loop.last }}{% endfor -%}
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
    select *, {{ strategy.updated_at }} as ingot_updated_at, {{ strategy.scd_id }} as ingot_scd_id
    from ({{ sql }}) as sbq
),
old as (select * from {{ existing }} where {{ is_current }}),
changed as (
    select new.*, old.{{ names.dbt_scd_id }} as ingot_old_id
           {%- if keeps_deleted %}, old.{{ names.dbt_is_deleted }} as ingot_was_deleted{% endif %}
    from incoming as new left join old on {{ same_key }}
    where old.{{ names.dbt_scd_id }} is null or {{ strategy.changed }}
          {%- if keeps_deleted %} or old.{{ names.dbt_is_deleted }} = 'True'{% endif %}
)
{%- if deletes in ['invalidate', 'new_record'] %},
gone as (
    select old.* from old left join incoming as new on {{ same_key }}
    where new.ingot_scd_id is null {%- if keeps_deleted %} and old.{{ names.dbt_is_deleted }} = 'False'{% endif %}
)
{%- endif %}
select 'insert' as dbt_change_type, {{ columns }}, ingot_scd_id as {{ names.dbt_scd_id }}, ingot_updated_at as {{ names.dbt_updated_at }},
       ingot_updated_at as {{ names.dbt_valid_from }}, {{ current or 'cast(null as timestamp)' }} as {{ names.dbt_valid_to }}
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
    {{ snapshot_hash_arguments(keys + [now]) }} as {{ names.dbt_scd_id }}, {{ now }} as {{ names.dbt_updated_at }}, {{ now }} as {{ names.dbt_valid_from }},
    {{ current or 'cast(null as timestamp)' }} as {{ names.dbt_valid_to }}, 'True' as {{ names.dbt_is_deleted }})
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
  {%- set deletes = config.get('hard_deletes') or ('invalidate' if config.get('invalidate_hard_deletes') else 'ignore') -%}
  {%- set strategy = ingot__snapshot_strategy(names, keys, existing) -%}

  {%- do run_hooks(pre_hooks, inside_transaction=false) -%}
  {%- do run_hooks(pre_hooks, inside_transaction=true) -%}

  {%- if existing is none -%}
    {%- call statement('main') -%}{{ create_table_as(false, final, ingot__snapshot_first(sql, names, strategy, deletes == 'new_record')) }}{%- endcall -%}
  {%- else -%}
    {%- do adapter.valid_snapshot_target(existing, names) -%}
    {%- set changes = make_temp_relation(final) -%}
    {%- call statement('changes') -%}{{ create_table_as(true, changes, ingot__snapshot_changes(sql, existing, names, keys, strategy, deletes)) }}{%- endcall -%}
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

  {%- do persist_docs(final, model) -%}
  {%- do run_hooks(post_hooks, inside_transaction=true) -%}
  {%- do adapter.commit() -%}
  {%- do run_hooks(post_hooks, inside_transaction=false) -%}
  {%- do return({'relations': [final]}) -%}
{% endmaterialization %}
