{% materialization shadow, default %}
  {%- set target_relation = this.incorporate(type='table') -%}
  {%- set old = adapter.get_relation(this.database, this.schema, this.identifier) -%}
  {{ run_hooks(pre_hooks) }}
  {%- if old is not none and old.type == 'view' %}{% do adapter.drop_relation(old) %}{% endif -%}
  {%- call statement('main') -%}
    create or replace table {{ target_relation }} as select *, {{ 'true' if old else 'false' }} as was_there from ({{ sql }})
  {%- endcall -%}
  {%- set shadow = api.Relation.create(database=this.database, schema=this.schema, identifier=this.identifier ~ '_shadow', type='view') -%}
  {%- call statement('shadow') -%}create or replace view {{ shadow }} as select count(*) as n from {{ target_relation }}{%- endcall -%}
  {{ run_hooks(post_hooks) }}
  {% do adapter.commit() %}
  {{ return({'relations': [target_relation, shadow]}) }}
{% endmaterialization %}
{% materialization nothing_much, adapter='duckdb', supported_languages=['sql'] %}
  {%- call statement('main', fetch_result=True) -%}select count(*) from ({{ compiled_code }}){%- endcall -%}
  {%- set n = load_result('main')['data'][0][0] -%}
  {% do log('counted ' ~ n, info=false) %}
  {%- call statement('keep', auto_begin=true) -%}create table if not exists {{ this }} as select {{ n }} as n, '{{ model.config.materialized }}' as m, '{{ config.get("color", "none") }}' as color, {{ config.get('meta').get('size', 0) }} as size{%- endcall -%}
  {% do adapter.commit() %}
  {{ return({'relations': [this.incorporate(type='table')]}) }}
{% endmaterialization %}
