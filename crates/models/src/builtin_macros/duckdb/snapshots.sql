{# How the changes of a snapshot get into its table in DuckDB. #}

{% macro duckdb__snapshot_merge_sql(target, source, insert_cols) %}
  {%- set names = ingot__snapshot_names() -%}
  {%- set current = config.get('dbt_valid_to_current') -%}
update {{ target }} as DBT_INTERNAL_TARGET set {{ names.dbt_valid_to }} = DBT_INTERNAL_SOURCE.{{ names.dbt_valid_to }}
from {{ source }} as DBT_INTERNAL_SOURCE
where DBT_INTERNAL_SOURCE.{{ names.dbt_scd_id }}::text = DBT_INTERNAL_TARGET.{{ names.dbt_scd_id }}::text
  and DBT_INTERNAL_SOURCE.dbt_change_type in ('update', 'delete')
  and (DBT_INTERNAL_TARGET.{{ names.dbt_valid_to }} is null {%- if current %} or DBT_INTERNAL_TARGET.{{ names.dbt_valid_to }} = {{ current }}{% endif %});
insert into {{ target }} ({{ insert_cols | join(', ') }})
select {{ insert_cols | join(', ') }} from {{ source }} where dbt_change_type = 'insert'
{% endmacro %}

{% macro duckdb__post_snapshot(staging_relation) %}{%- do adapter.drop_relation(staging_relation) -%}{% endmacro %}
