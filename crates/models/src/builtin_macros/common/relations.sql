{# Relations: finding, making, renaming and dropping them. #}

{% macro load_cached_relation(relation) %}
  {%- do return(adapter.get_relation(database=relation.database, schema=relation.schema, identifier=relation.identifier)) -%}
{% endmacro %}
{% macro load_relation(relation) %}{%- do return(load_cached_relation(relation)) -%}{% endmacro %}

{% macro get_or_create_relation(database, schema, identifier, type) %}{%- do return(adapter.dispatch('get_or_create_relation', 'dbt')(database, schema, identifier, type)) -%}{% endmacro %}
{% macro default__get_or_create_relation(database, schema, identifier, type) %}
  {%- set found = adapter.get_relation(database=database, schema=schema, identifier=identifier) -%}
  {%- if found -%}{%- do return([true, found]) -%}{%- endif -%}
  {%- do return([false, api.Relation.create(database=database, schema=schema, identifier=identifier, type=type)]) -%}
{% endmacro %}

{% macro make_intermediate_relation(base_relation, suffix='__dbt_tmp') %}
  {%- do return(adapter.dispatch('make_intermediate_relation', 'dbt')(base_relation, suffix)) -%}
{% endmacro %}
{% macro default__make_intermediate_relation(base_relation, suffix) %}
  {%- do return(base_relation.incorporate(path={'identifier': base_relation.identifier ~ suffix})) -%}
{% endmacro %}

{% macro make_temp_relation(base_relation, suffix='__dbt_tmp') %}
  {%- do return(adapter.dispatch('make_temp_relation', 'dbt')(base_relation, suffix)) -%}
{% endmacro %}
{% macro default__make_temp_relation(base_relation, suffix) %}
  {%- do return(base_relation.incorporate(path={'identifier': base_relation.identifier ~ suffix})) -%}
{% endmacro %}

{% macro make_backup_relation(base_relation, backup_relation_type, suffix='__dbt_backup') %}
  {%- do return(adapter.dispatch('make_backup_relation', 'dbt')(base_relation, backup_relation_type, suffix)) -%}
{% endmacro %}
{% macro default__make_backup_relation(base_relation, backup_relation_type, suffix) %}
  {%- do return(base_relation.incorporate(path={'identifier': base_relation.identifier ~ suffix}, type=backup_relation_type)) -%}
{% endmacro %}

{% macro drop_relation(relation) %}{%- do return(adapter.dispatch('drop_relation', 'dbt')(relation)) -%}{% endmacro %}
{% macro default__drop_relation(relation) %}
  {%- call statement('drop_relation', auto_begin=false) -%}{{ get_drop_sql(relation) }}{%- endcall -%}
{% endmacro %}
{% macro drop_relation_if_exists(relation) %}
  {%- if relation is not none -%}{%- do adapter.drop_relation(relation) -%}{%- endif -%}
{% endmacro %}

{% macro rename_relation(from_relation, to_relation) %}{%- do return(adapter.dispatch('rename_relation', 'dbt')(from_relation, to_relation)) -%}{% endmacro %}
{% macro default__rename_relation(from_relation, to_relation) %}
  {%- call statement('rename_relation') -%}
    alter {{ to_relation.type or 'table' }} {{ from_relation.render() }} rename to {{ adapter.quote(to_relation.identifier) }}
  {%- endcall -%}
{% endmacro %}

{% macro truncate_relation(relation) %}{%- do return(adapter.dispatch('truncate_relation', 'dbt')(relation)) -%}{% endmacro %}
{% macro default__truncate_relation(relation) %}
  {%- call statement('truncate_relation') -%}truncate table {{ relation.render() }}{%- endcall -%}
{% endmacro %}

{% macro create_schema(relation) %}{%- do adapter.dispatch('create_schema', 'dbt')(relation) -%}{% endmacro %}
{% macro default__create_schema(relation) %}
  {%- call statement('create_schema', auto_begin=false) -%}create schema if not exists {{ relation.without_identifier() }}{%- endcall -%}
{% endmacro %}
{% macro drop_schema(relation) %}{%- do adapter.dispatch('drop_schema', 'dbt')(relation) -%}{% endmacro %}
{% macro default__drop_schema(relation) %}
  {%- call statement('drop_schema', auto_begin=false) -%}drop schema if exists {{ relation.without_identifier() }} cascade{%- endcall -%}
{% endmacro %}
{% macro drop_schema_named(schema_name) %}{{ adapter.dispatch('drop_schema_named', 'dbt')(schema_name) }}{% endmacro %}
{% macro default__drop_schema_named(schema_name) %}
  {%- do adapter.drop_schema(api.Relation.create(database=target.database, schema=schema_name).without_identifier()) -%}
{% endmacro %}
{% macro list_schemas(database) %}{%- do return(adapter.dispatch('list_schemas', 'dbt')(database)) -%}{% endmacro %}
{% macro default__list_schemas(database) %}{%- do return(run_query("select schema_name from system.information_schema.schemata where lower(catalog_name) = lower('" ~ database ~ "')")) -%}{% endmacro %}
{% macro check_schema_exists(information_schema, schema) %}{%- do return(adapter.dispatch('check_schema_exists', 'dbt')(information_schema, schema)) -%}{% endmacro %}
{% macro default__check_schema_exists(information_schema, schema) %}
  {%- do return(run_query("select count(*) from system.information_schema.schemata where lower(schema_name) = lower('" ~ schema ~ "') and lower(catalog_name) = lower('" ~ information_schema.database ~ "')")) -%}
{% endmacro %}

{% macro get_create_table_as_sql(temporary, relation, sql) %}{{ adapter.dispatch('get_create_table_as_sql', 'dbt')(temporary, relation, sql) }}{% endmacro %}
{% macro default__get_create_table_as_sql(temporary, relation, sql) %}{{ create_table_as(temporary, relation, sql) }}{% endmacro %}
{% macro create_table_as(temporary, relation, compiled_code, language='sql', partitioned_by=none, sorted_by=none) %}
  {%- set build = adapter.dispatch('create_table_as', 'dbt') -%}
  {%- if partitioned_by or sorted_by -%}
    {{- build(temporary, relation, compiled_code, language, partitioned_by=partitioned_by, sorted_by=sorted_by) -}}
  {%- else -%}
    {{- build(temporary, relation, compiled_code, language) -}}
  {%- endif -%}
{% endmacro %}
{% macro default__create_table_as(temporary, relation, compiled_code, language='sql') %}
  {%- set header = config.get('sql_header', none) -%}
  {%- set contract = config.get('contract') -%}
  {{ header if header is not none }}
  {%- if contract and contract.enforced -%}{{ get_assert_columns_equivalent(compiled_code) }}{%- endif %}
  create {% if temporary %}temporary {% endif %}table {{ relation.include(database=(not temporary), schema=(not temporary)) }}
  {%- if contract and contract.enforced and not temporary %}
  {{ get_table_columns_and_constraints() }};
  insert into {{ relation }} ({{ get_column_names() }}) (
    {{ get_select_subquery(compiled_code) }}
  );
  {%- else %} as (
    {{ adapter.ingot_query(compiled_code) }}
  );
  {%- endif %}
{% endmacro %}

{% macro get_create_view_as_sql(relation, sql) %}{{ adapter.dispatch('get_create_view_as_sql', 'dbt')(relation, sql) }}{% endmacro %}
{% macro default__get_create_view_as_sql(relation, sql) %}{{ create_view_as(relation, sql) }}{% endmacro %}
{% macro create_view_as(relation, sql) %}{{- adapter.dispatch('create_view_as', 'dbt')(relation, sql) -}}{% endmacro %}
{% macro default__create_view_as(relation, sql) %}
  {%- set header = config.get('sql_header', none) -%}
  {%- set contract = config.get('contract') -%}
  {{ header if header is not none }}
  {%- if contract and contract.enforced -%}{{ get_assert_columns_equivalent(sql) }}{%- endif %}
  create view {{ relation }} as (
    {{ adapter.ingot_query(sql) }}
  );
{% endmacro %}

{% macro get_create_sql(relation, sql) %}{{ adapter.dispatch('get_create_sql', 'dbt')(relation, sql) }}{% endmacro %}
{% macro default__get_create_sql(relation, sql) %}
  {%- if relation.is_view -%}{{ get_create_view_as_sql(relation, sql) }}
  {%- else -%}{{ get_create_table_as_sql(false, relation, sql) }}
  {%- endif -%}
{% endmacro %}

{% macro create_indexes(relation) %}{{ adapter.dispatch('create_indexes', 'dbt')(relation) }}{% endmacro %}
{% macro default__create_indexes(relation) %}
  {%- for index in (config.get('indexes', none) or []) -%}
    {%- set create = get_create_index_sql(relation, index) -%}
    {%- if create -%}{%- do run_query(create) -%}{%- endif -%}
  {%- endfor -%}
{% endmacro %}

{# The described columns that a relation has, with a warning about those that it lacks. A name that is quoted is meant to the letter. #}
{% macro validate_doc_columns(relation, column_dict, existing_column_names) %}
  {%- set there = existing_column_names | map('lower') | list -%}
  {%- set found = {} -%}
  {%- set missing = [] -%}
  {%- for name, column in column_dict.items() -%}
    {%- if (name in existing_column_names) if column.quote else (name | lower in there) -%}{%- do found.update({name: column}) -%}
    {%- else -%}{%- do missing.append(name) -%}
    {%- endif -%}
  {%- endfor -%}
  {%- if missing -%}
    {%- do exceptions.warn('In relation ' ~ relation.render() ~ ': The following columns are specified in the schema but are not present in the database: ' ~ missing | join(', ')) -%}
  {%- endif -%}
  {%- do return(found) -%}
{% endmacro %}

{% macro persist_docs(relation, model, for_relation=true, for_columns=true) %}
  {%- do adapter.dispatch('persist_docs', 'dbt')(relation, model, for_relation, for_columns) -%}
{% endmacro %}
{% macro default__persist_docs(relation, model, for_relation, for_columns) %}
  {%- if for_relation and config.persist_relation_docs() and model.description -%}
    {%- do run_query(alter_relation_comment(relation, model.description)) -%}
  {%- endif -%}
  {%- if for_columns and config.persist_column_docs() and model.columns -%}
    {%- set there = adapter.get_columns_in_relation(relation) | map(attribute='name') | list -%}
    {%- set comments = alter_column_comment(relation, validate_doc_columns(relation, model.columns, there)) -%}
    {%- if comments and comments | trim -%}{%- do run_query(comments) -%}{%- endif -%}
  {%- endif -%}
{% endmacro %}

{# What there is in a database, table by table and column by column. #}
{% macro get_catalog(information_schema, schemas) %}
  {%- do return(adapter.dispatch('get_catalog', 'dbt')(information_schema, schemas)) -%}
{% endmacro %}
{% macro default__get_catalog(information_schema, schemas) %}
  {%- do exceptions.raise_not_implemented('get_catalog of this adapter') -%}
{% endmacro %}
{% macro get_catalog_relations(information_schema, relations) %}
  {%- do return(adapter.dispatch('get_catalog_relations', 'dbt')(information_schema, relations)) -%}
{% endmacro %}
{% macro default__get_catalog_relations(information_schema, relations) %}
  {%- do exceptions.raise_not_implemented('get_catalog_relations of this adapter') -%}
{% endmacro %}
