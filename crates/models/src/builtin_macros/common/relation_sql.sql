{# The SQL that drops, renames, replaces, describes and indexes relations. Projects and packages call these macros of dbt, or
   replace them. #}

{% macro get_drop_sql(relation) %}{{- adapter.dispatch('get_drop_sql', 'dbt')(relation) -}}{% endmacro %}
{% macro default__get_drop_sql(relation) -%}
  {%- if relation.is_view -%}{{ drop_view(relation) }}
  {%- elif relation.is_table -%}{{ drop_table(relation) }}
  {%- else -%}drop {{ relation.type }} if exists {{ relation.render() }} cascade
  {%- endif -%}
{%- endmacro %}
{% macro drop_table(relation) %}{{- adapter.dispatch('drop_table', 'dbt')(relation) -}}{% endmacro %}
{% macro default__drop_table(relation) -%}drop table if exists {{ relation.render() }} cascade{%- endmacro %}
{% macro drop_view(relation) %}{{- adapter.dispatch('drop_view', 'dbt')(relation) -}}{% endmacro %}
{% macro default__drop_view(relation) -%}drop view if exists {{ relation.render() }} cascade{%- endmacro %}

{% macro get_rename_sql(relation, new_name) %}{{- adapter.dispatch('get_rename_sql', 'dbt')(relation, new_name) -}}{% endmacro %}
{% macro default__get_rename_sql(relation, new_name) -%}
  {%- if relation.is_view -%}{{ get_rename_view_sql(relation, new_name) }}
  {%- elif relation.is_table -%}{{ get_rename_table_sql(relation, new_name) }}
  {%- else -%}{%- do exceptions.raise_compiler_error('`get_rename_sql` has not been implemented for: ' ~ relation.type) -%}
  {%- endif -%}
{%- endmacro %}
{% macro get_rename_table_sql(relation, new_name) %}{{- adapter.dispatch('get_rename_table_sql', 'dbt')(relation, new_name) -}}{% endmacro %}
{% macro default__get_rename_table_sql(relation, new_name) -%}
  {%- do exceptions.raise_compiler_error('`get_rename_table_sql` has not been implemented for this adapter.') -%}
{%- endmacro %}
{% macro get_rename_view_sql(relation, new_name) %}{{- adapter.dispatch('get_rename_view_sql', 'dbt')(relation, new_name) -}}{% endmacro %}
{% macro default__get_rename_view_sql(relation, new_name) -%}
  {%- do exceptions.raise_compiler_error('`get_rename_view_sql` has not been implemented for this adapter.') -%}
{%- endmacro %}

{% macro get_replace_table_sql(relation, sql) %}{{- adapter.dispatch('get_replace_table_sql', 'dbt')(relation, sql) -}}{% endmacro %}
{% macro default__get_replace_table_sql(relation, sql) -%}
  {%- do exceptions.raise_compiler_error('`get_replace_table_sql` has not been implemented for this adapter.') -%}
{%- endmacro %}
{% macro get_replace_view_sql(relation, sql) %}{{- adapter.dispatch('get_replace_view_sql', 'dbt')(relation, sql) -}}{% endmacro %}
{% macro default__get_replace_view_sql(relation, sql) -%}
  {%- do exceptions.raise_compiler_error('`get_replace_view_sql` has not been implemented for this adapter.') -%}
{%- endmacro %}

{% macro get_create_intermediate_sql(relation, sql) %}{{- adapter.dispatch('get_create_intermediate_sql', 'dbt')(relation, sql) -}}{% endmacro %}
{% macro default__get_create_intermediate_sql(relation, sql) -%}
  {%- set intermediate = make_intermediate_relation(relation) -%}
  {{ get_drop_sql(intermediate) }};
  {{ get_create_sql(intermediate, sql) }}
{%- endmacro %}
{% macro get_create_backup_sql(relation) %}{{- adapter.dispatch('get_create_backup_sql', 'dbt')(relation) -}}{% endmacro %}
{% macro default__get_create_backup_sql(relation) -%}
  {%- set backup = make_backup_relation(relation, relation.type) -%}
  {{ get_drop_sql(backup) }};
  {{ get_rename_sql(relation, backup.identifier) }}
{%- endmacro %}
{% macro get_rename_intermediate_sql(relation) %}{{- adapter.dispatch('get_rename_intermediate_sql', 'dbt')(relation) -}}{% endmacro %}
{% macro default__get_rename_intermediate_sql(relation) -%}
  {{ get_rename_sql(make_intermediate_relation(relation), relation.identifier) }}
{%- endmacro %}
{% macro get_drop_backup_sql(relation) %}{{- adapter.dispatch('get_drop_backup_sql', 'dbt')(relation) -}}{% endmacro %}
{% macro default__get_drop_backup_sql(relation) -%}
  {{ get_drop_sql(make_backup_relation(relation, relation.type)) }}
{%- endmacro %}

{# By one statement where the database can, else by another name and renaming, else by dropping. #}
{% macro get_replace_sql(existing_relation, target_relation, sql) %}
  {{- adapter.dispatch('get_replace_sql', 'dbt')(existing_relation, target_relation, sql) -}}
{% endmacro %}
{% macro default__get_replace_sql(existing_relation, target_relation, sql) -%}
  {%- set same = existing_relation.type == target_relation.type and existing_relation.can_be_replaced -%}
  {%- if same and existing_relation.is_view -%}{{ get_replace_view_sql(target_relation, sql) }}
  {%- elif same and existing_relation.is_table -%}{{ get_replace_table_sql(target_relation, sql) }}
  {%- elif target_relation.can_be_renamed -%}
  {{ get_create_intermediate_sql(target_relation, sql) }};
  {{ get_create_backup_sql(existing_relation) if existing_relation.can_be_renamed else get_drop_sql(existing_relation) }};
  {{ get_rename_intermediate_sql(target_relation) }}
  {%- if existing_relation.can_be_renamed %};
  {{ get_drop_backup_sql(existing_relation) }}
  {%- endif -%}
  {%- elif existing_relation.can_be_renamed -%}
  {{ get_create_backup_sql(existing_relation) }};
  {{ get_create_sql(target_relation, sql) }};
  {{ get_drop_backup_sql(existing_relation) }}
  {%- else -%}
  {{ get_drop_sql(existing_relation) }};
  {{ get_create_sql(target_relation, sql) }}
  {%- endif -%}
{%- endmacro %}

{% macro handle_existing_table(full_refresh, old_relation) %}{{ adapter.dispatch('handle_existing_table', 'dbt')(full_refresh, old_relation) }}{% endmacro %}
{% macro default__handle_existing_table(full_refresh, old_relation) %}
  {%- do log('Dropping relation ' ~ old_relation.render() ~ ' because it is of type ' ~ old_relation.type) -%}
  {%- do adapter.drop_relation(old_relation) -%}
{% endmacro %}

{% macro alter_relation_comment(relation, relation_comment) %}
  {%- do return(adapter.dispatch('alter_relation_comment', 'dbt')(relation, relation_comment)) -%}
{% endmacro %}
{% macro default__alter_relation_comment(relation, relation_comment) -%}
  comment on {{ relation.type or 'table' }} {{ relation.render() }} is '{{ adapter.escape_sql_string(relation_comment) }}'
{%- endmacro %}
{% macro alter_column_comment(relation, column_dict) %}
  {%- do return(adapter.dispatch('alter_column_comment', 'dbt')(relation, column_dict)) -%}
{% endmacro %}
{% macro default__alter_column_comment(relation, column_dict) -%}
  {%- for name in column_dict %}
  comment on column {{ relation.render() }}.{{ adapter.quote(name) }} is '{{ adapter.escape_sql_string(column_dict[name].description or '') }}';
  {%- endfor -%}
{%- endmacro %}

{% macro get_create_index_sql(relation, index_dict) %}
  {%- do return(adapter.dispatch('get_create_index_sql', 'dbt')(relation, index_dict)) -%}
{% endmacro %}
{% macro default__get_create_index_sql(relation, index_dict) %}{%- do return(none) -%}{% endmacro %}
{% macro get_drop_index_sql(relation, index_name) %}
  {%- do return(adapter.dispatch('get_drop_index_sql', 'dbt')(relation, index_name)) -%}
{% endmacro %}
{% macro default__get_drop_index_sql(relation, index_name) %}
  {%- do exceptions.raise_compiler_error('`get_drop_index_sql has not been implemented for this adapter.') -%}
{% endmacro %}
{% macro get_show_indexes_sql(relation) %}{{- adapter.dispatch('get_show_indexes_sql', 'dbt')(relation) -}}{% endmacro %}
{% macro default__get_show_indexes_sql(relation) -%}
  {%- do exceptions.raise_compiler_error('`get_show_indexes_sql` has not been implemented for this adapter.') -%}
{%- endmacro %}

{% macro information_schema_name(database) %}{%- do return(adapter.dispatch('information_schema_name', 'dbt')(database)) -%}{% endmacro %}
{% macro default__information_schema_name(database) -%}
  {{ database ~ '.INFORMATION_SCHEMA' if database else 'INFORMATION_SCHEMA' }}
{%- endmacro %}
{% macro list_relations_without_caching(schema_relation) %}
  {%- do return(adapter.dispatch('list_relations_without_caching', 'dbt')(schema_relation)) -%}
{% endmacro %}
{% macro default__list_relations_without_caching(schema_relation) %}
  {%- do exceptions.raise_not_implemented('list_relations_without_caching macro not implemented for adapter ' ~ adapter.type()) -%}
{% endmacro %}

{% macro validate_sql(sql) %}{%- do return(adapter.dispatch('validate_sql', 'dbt')(sql)) -%}{% endmacro %}
{% macro default__validate_sql(sql) %}
  {%- call statement('validate_sql') -%}explain {{ sql }}{%- endcall -%}
  {%- do return(load_result('validate_sql')) -%}
{% endmacro %}
