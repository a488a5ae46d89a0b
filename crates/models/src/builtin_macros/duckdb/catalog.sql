{# The catalog of a database as a query, for macros of a project that look at it. #}

{% macro duckdb__get_catalog(information_schema, schemas) %}
  {%- set wanted = [] -%}
  {%- for schema in schemas -%}{%- do wanted.append({'schema': schema}) -%}{%- endfor -%}
  {%- do return(ingot__catalog(information_schema, wanted)) -%}
{% endmacro %}

{% macro duckdb__get_catalog_relations(information_schema, relations) %}
  {%- for relation in relations if not relation.schema -%}
    {%- do exceptions.raise_compiler_error('`get_catalog_relations` requires a list of relations, each with a schema') -%}
  {%- endfor -%}
  {%- do return(ingot__catalog(information_schema, relations)) -%}
{% endmacro %}

{# Columns with the tables that have them; of schemas, or of single tables where they have an identifier. #}
{% macro ingot__catalog(information_schema, wanted) %}
  {%- set database = information_schema.database -%}
  {%- set either = [] -%}
  {%- for one in wanted -%}
    {%- set same_table = " and upper(table_name) = upper('" ~ one.identifier ~ "')" if one.identifier else '' -%}
    {%- do either.append("upper(table_schema) = upper('" ~ one.schema ~ "')" ~ same_table) -%}
  {%- endfor -%}
  {%- set query -%}
    select
      table_database, table_schema, table_name, table_type, table_comment,
      column_name, column_index, data_type as column_type, comment as column_comment, null as table_owner
    from (
      select database_name as table_database, schema_name as table_schema, table_name, 'BASE TABLE' as table_type, comment as table_comment
      from duckdb_tables()
      union all
      select database_name, schema_name, view_name, 'VIEW', comment from duckdb_views()
    ) as relations
    inner join (
      select database_name as table_database, schema_name as table_schema, table_name, column_name, column_index, data_type, comment
      from duckdb_columns()
    ) as columns using (table_database, table_schema, table_name)
    where upper(table_database) = upper('{{ database }}') and ({{ either | join(' or ') if either else 'false' }})
    order by table_schema, table_name, column_index
  {%- endset -%}
  {%- do return(run_query(query)) -%}
{% endmacro %}
