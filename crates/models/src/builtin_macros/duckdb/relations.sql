{# Relations of DuckDB: how they are listed, renamed and indexed. #}

{% macro duckdb__list_relations_without_caching(schema_relation) %}
  {%- call statement('list_relations_without_caching', fetch_result=true) -%}
    select '{{ schema_relation.database }}' as database, table_name as name, table_schema as schema,
      case table_type when 'VIEW' then 'view' when 'BASE TABLE' then 'table' when 'LOCAL TEMPORARY' then 'table' end as type
    from system.information_schema.tables
    where lower(table_schema) = lower('{{ schema_relation.schema }}') and lower(table_catalog) = lower('{{ schema_relation.database }}')
  {%- endcall -%}
  {%- do return(load_result('list_relations_without_caching').table) -%}
{% endmacro %}

{% macro duckdb__rename_relation(from_relation, to_relation) %}
  {%- call statement('rename_relation') -%}
    alter {{ to_relation.type or 'table' }} {{ from_relation }} rename to {{ adapter.quote_as_configured(to_relation.identifier, 'identifier') }}
  {%- endcall -%}
{% endmacro %}

{% macro duckdb__drop_relation(relation) %}
  {%- call statement('drop_relation', auto_begin=false) -%}drop {{ relation.type }} if exists {{ relation }} cascade{%- endcall -%}
{% endmacro %}

{% macro duckdb__get_create_index_sql(relation, index_dict) -%}
  {%- set columns = index_dict.columns | join(', ') -%}
  {%- set name = 'ix_' ~ local_md5(relation.render() ~ '|' ~ columns ~ '|' ~ index_dict.unique ~ '|' ~ invocation_id ~ '|' ~ py_current_timestring()) -%}
  create {{ 'unique ' if index_dict.unique }}index {{ adapter.quote(name) }} on {{ relation }} ({{ columns }});
{%- endmacro %}
