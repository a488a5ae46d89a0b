{# How new rows get into an incremental table, and what is done when the columns of its query have changed. #}

{% macro get_incremental_default_sql(arg_dict) %}{%- do return(adapter.dispatch('get_incremental_default_sql', 'dbt')(arg_dict)) -%}{% endmacro %}
{% macro default__get_incremental_default_sql(arg_dict) %}{%- do return(get_incremental_append_sql(arg_dict)) -%}{% endmacro %}

{% macro get_incremental_append_sql(arg_dict) %}{%- do return(adapter.dispatch('get_incremental_append_sql', 'dbt')(arg_dict)) -%}{% endmacro %}
{% macro default__get_incremental_append_sql(arg_dict) %}
  {%- do return(get_insert_into_sql(arg_dict.target_relation, arg_dict.temp_relation, arg_dict.dest_columns)) -%}
{% endmacro %}
{% macro get_insert_into_sql(target_relation, temp_relation, dest_columns) %}
  {%- set names = get_quoted_csv(dest_columns | map(attribute='name')) -%}
  insert into {{ target_relation }} ({{ names }}) (select {{ names }} from {{ temp_relation }})
{% endmacro %}

{% macro get_incremental_delete_insert_sql(arg_dict) %}{%- do return(adapter.dispatch('get_incremental_delete_insert_sql', 'dbt')(arg_dict)) -%}{% endmacro %}
{% macro default__get_incremental_delete_insert_sql(arg_dict) %}
  {%- do return(get_delete_insert_merge_sql(arg_dict.target_relation, arg_dict.temp_relation, arg_dict.unique_key, arg_dict.dest_columns, arg_dict.incremental_predicates)) -%}
{% endmacro %}
{% macro get_delete_insert_merge_sql(target, source, unique_key, dest_columns, incremental_predicates) %}
  {{- adapter.dispatch('get_delete_insert_merge_sql', 'dbt')(target, source, unique_key, dest_columns, incremental_predicates) -}}
{% endmacro %}
{% macro default__get_delete_insert_merge_sql(target, source, unique_key, dest_columns, incremental_predicates) %}
  {%- set names = get_quoted_csv(dest_columns | map(attribute='name')) -%}
  {%- if unique_key -%}
    {%- set keys = [unique_key] if unique_key is string else unique_key -%}
    {%- set predicates = [incremental_predicates] if incremental_predicates is string else (incremental_predicates or []) -%}
    delete from {{ target }} as DBT_INTERNAL_DEST
    where ({{ keys | join(', ') }}) in (select distinct {{ keys | join(', ') }} from {{ source }} as DBT_INTERNAL_SOURCE)
    {%- for predicate in predicates %} and {{ predicate }}{% endfor %};
  {% endif -%}
  insert into {{ target }} ({{ names }}) (select {{ names }} from {{ source }})
{% endmacro %}

{% macro get_incremental_microbatch_sql(arg_dict) %}{%- do return(adapter.dispatch('get_incremental_microbatch_sql', 'dbt')(arg_dict)) -%}{% endmacro %}
{% macro default__get_incremental_microbatch_sql(arg_dict) %}{%- do exceptions.raise_not_implemented('the microbatch strategy of this adapter') -%}{% endmacro %}
{% macro get_incremental_insert_overwrite_sql(arg_dict) %}{%- do return(adapter.dispatch('get_incremental_insert_overwrite_sql', 'dbt')(arg_dict)) -%}{% endmacro %}
{% macro default__get_incremental_insert_overwrite_sql(arg_dict) %}{%- do exceptions.raise_not_implemented('the insert_overwrite strategy; use delete+insert or microbatch') -%}{% endmacro %}

{% macro get_incremental_merge_sql(arg_dict) %}{%- do return(adapter.dispatch('get_incremental_merge_sql', 'dbt')(arg_dict)) -%}{% endmacro %}
{% macro default__get_incremental_merge_sql(arg_dict) %}
  {%- do return(get_merge_sql(arg_dict.target_relation, arg_dict.temp_relation, arg_dict.unique_key, arg_dict.dest_columns, arg_dict.incremental_predicates)) -%}
{% endmacro %}
{% macro get_merge_sql(target, source, unique_key, dest_columns, incremental_predicates=none) %}
  {{- adapter.dispatch('get_merge_sql', 'dbt')(target, source, unique_key, dest_columns, incremental_predicates) -}}
{% endmacro %}
{% macro default__get_merge_sql(target, source, unique_key, dest_columns, incremental_predicates=none) %}
  {%- set names = dest_columns | map(attribute='quoted') | list -%}
  {%- set keys = [] if not unique_key else ([unique_key] if unique_key is string else unique_key) -%}
  {%- set conditions = [] -%}
  {%- for key in keys -%}{%- do conditions.append('DBT_INTERNAL_SOURCE.' ~ key ~ ' = DBT_INTERNAL_DEST.' ~ key) -%}{%- endfor -%}
  {%- if not keys -%}{%- do conditions.append('false') -%}{%- endif -%}
  {%- do conditions.extend([incremental_predicates] if incremental_predicates is string else (incremental_predicates or [])) -%}
  {%- set updated = get_merge_update_columns(config.get('merge_update_columns'), config.get('merge_exclude_columns'), dest_columns) -%}
  merge into {{ target }} as DBT_INTERNAL_DEST
  using {{ source }} as DBT_INTERNAL_SOURCE
  on ({{ conditions | join(') and (') }})
  {%- if keys and updated %}
  when matched {{ 'and ' ~ config.get('merge_update_condition') if config.get('merge_update_condition') }} then update set
    {% for name in updated %}{{ name }} = DBT_INTERNAL_SOURCE.{{ name }}{{ ', ' if not loop.last }}{% endfor %}
  {%- endif %}
  when not matched {{ 'and ' ~ config.get('merge_insert_condition') if config.get('merge_insert_condition') }} then insert ({{ names | join(', ') }})
    values ({% for name in names %}DBT_INTERNAL_SOURCE.{{ name }}{{ ', ' if not loop.last }}{% endfor %})
{% endmacro %}
{% macro get_merge_update_columns(merge_update_columns, merge_exclude_columns, dest_columns) %}{%- do return(adapter.dispatch('get_merge_update_columns', 'dbt')(merge_update_columns, merge_exclude_columns, dest_columns)) -%}{% endmacro %}
{% macro default__get_merge_update_columns(merge_update_columns, merge_exclude_columns, dest_columns) %}
  {%- if merge_update_columns and merge_exclude_columns -%}
    {%- do exceptions.raise_compiler_error('merge_update_columns and merge_exclude_columns cannot both be given; keep one') -%}
  {%- endif -%}
  {%- if merge_update_columns -%}{%- do return(merge_update_columns) -%}{%- endif -%}
  {%- set left_out = merge_exclude_columns | map('lower') | list if merge_exclude_columns else [] -%}
  {%- set kept = [] -%}
  {%- for column in dest_columns if column.name | lower not in left_out -%}{%- do kept.append(column.quoted) -%}{%- endfor -%}
  {%- do return(kept) -%}
{% endmacro %}

{# When the columns of the query are no longer those of the table. #}
{% macro incremental_validate_on_schema_change(on_schema_change, default='ignore') %}
  {%- do return(on_schema_change if on_schema_change in ['ignore', 'fail', 'append_new_columns', 'sync_all_columns'] else default) -%}
{% endmacro %}
{% macro diff_columns(source_columns, target_columns) %}
  {%- set known = target_columns | map(attribute='name') | list -%}
  {%- set out = [] -%}
  {%- for column in source_columns if column.name not in known -%}{%- do out.append(column) -%}{%- endfor -%}
  {%- do return(out) -%}
{% endmacro %}
{% macro diff_column_data_types(source_columns, target_columns) %}{%- do return(adapter.dispatch('diff_column_data_types', 'dbt')(source_columns, target_columns)) -%}{% endmacro %}
{% macro default__diff_column_data_types(source_columns, target_columns) %}
  {%- set types = {} -%}
  {%- for column in target_columns -%}{%- do types.update({column.name: column.data_type}) -%}{%- endfor -%}
  {%- set out = [] -%}
  {%- for column in source_columns if column.name in types and types[column.name] != column.data_type -%}
    {%- do out.append({'column_name': column.name, 'new_type': column.data_type}) -%}
  {%- endfor -%}
  {%- do return(out) -%}
{% endmacro %}
{% macro check_for_schema_changes(source_relation, target_relation) %}{%- do return(adapter.dispatch('check_for_schema_changes', 'dbt')(source_relation, target_relation)) -%}{% endmacro %}
{% macro default__check_for_schema_changes(source_relation, target_relation) %}
  {%- set new = adapter.get_columns_in_relation(source_relation) -%}
  {%- set old = adapter.get_columns_in_relation(target_relation) -%}
  {%- set added = diff_columns(new, old) -%}
  {%- set removed = diff_columns(old, new) -%}
  {%- set retyped = diff_column_data_types(new, old) -%}
  {%- do return({'schema_changed': (added or removed or retyped) | length > 0, 'source_not_in_target': added,
                 'target_not_in_source': removed, 'new_target_types': retyped,
                 'source_columns': new, 'target_columns': old}) -%}
{% endmacro %}
{% macro sync_column_schemas(on_schema_change, target_relation, schema_changes_dict) %}{%- do return(adapter.dispatch('sync_column_schemas', 'dbt')(on_schema_change, target_relation, schema_changes_dict)) -%}{% endmacro %}
{% macro default__sync_column_schemas(on_schema_change, target_relation, schema_changes_dict) %}
  {%- set removed = schema_changes_dict.target_not_in_source if on_schema_change == 'sync_all_columns' else [] -%}
  {%- do alter_relation_add_remove_columns(target_relation, schema_changes_dict.source_not_in_target, removed) -%}
  {%- if on_schema_change == 'sync_all_columns' -%}
    {%- for change in schema_changes_dict.new_target_types -%}
      {%- do alter_column_type(target_relation, change.column_name, change.new_type) -%}
    {%- endfor -%}
  {%- endif -%}
{% endmacro %}
{% macro process_schema_changes(on_schema_change, source_relation, target_relation) %}{%- do return(adapter.dispatch('process_schema_changes', 'dbt')(on_schema_change, source_relation, target_relation)) -%}{% endmacro %}
{% macro default__process_schema_changes(on_schema_change, source_relation, target_relation) %}
  {%- if on_schema_change == 'ignore' -%}{%- do return({}) -%}{%- endif -%}
  {%- set changes = check_for_schema_changes(source_relation, target_relation) -%}
  {%- if changes.schema_changed -%}
    {%- if on_schema_change == 'fail' -%}
      {%- set words = [] -%}
      {%- for column in changes.source_not_in_target -%}{%- do words.append('new: ' ~ column.name) -%}{%- endfor -%}
      {%- for column in changes.target_not_in_source -%}{%- do words.append('gone: ' ~ column.name) -%}{%- endfor -%}
      {%- for change in changes.new_target_types -%}{%- do words.append(change.column_name ~ ' is now ' ~ change.new_type) -%}{%- endfor -%}
      {%- do exceptions.raise_compiler_error('the columns of this model differ from its table (' ~ words | join(', ') ~ '), and on_schema_change is fail. Run it once with --full-refresh, or set on_schema_change to append_new_columns') -%}
    {%- endif -%}
    {%- do sync_column_schemas(on_schema_change, target_relation, changes) -%}
  {%- endif -%}
  {%- do return(changes.source_columns) -%}
{% endmacro %}
