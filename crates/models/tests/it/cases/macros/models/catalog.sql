-- depends_on: {{ ref('a') }} {{ ref('agg') }}
{% set lines = [] %}
{% if execute %}
  {% set information = api.Relation.create(database=target.database, schema='information_schema') %}
  {% set wanted = [api.Relation.create(database=target.database, schema=target.schema | upper, identifier='A')] %}
  {% for row in get_catalog_relations(information, wanted).rows %}
    {% do lines.append(row['table_name'] ~ '.' ~ row['column_name'] ~ ' ' ~ row['column_type'] ~ ' ' ~ row['column_index'] ~ ' ' ~ row['table_type']) %}
  {% endfor %}
  {% for row in get_catalog(information, [target.schema]).rows if row['table_name'] == 'agg' %}
    {% do lines.append(row['table_name'] ~ '.' ~ row['column_name'] ~ ' ' ~ row['table_owner']) %}
  {% endfor %}
{% endif %}
select '{{ lines | join(", ") }}' as columns
