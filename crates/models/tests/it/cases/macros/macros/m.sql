{% macro columns_of(relation) %}{% set out = [] %}{% for c in adapter.get_columns_in_relation(relation) %}{% do out.append(c.name ~ ':' ~ c.data_type) %}{% endfor %}{{ return(out | join('+')) }}{% endmacro %}
{% macro greet() %}{{ return(adapter.dispatch('greet')()) }}{% endmacro %}
{% macro default__greet() %}'default'{% endmacro %}
{% macro duckdb__greet() %}'duck'{% endmacro %}
{% macro generate_alias_name(custom_alias_name=none, node=none) %}{% if custom_alias_name %}{{ custom_alias_name }}{% else %}{{ node.name }}_{{ node.package_name[:2] }}{% endif %}{% endmacro %}
{% macro wrap() %}[{{ caller() }}]{% endmacro %}
{% materialization twice, default %}
  {% set rel = this.incorporate(type='table') %}
  {% do drop_relation_if_exists(load_cached_relation(this)) %}
  {% call statement('main') %}create table {{ rel }} as ({{ sql }}) union all ({{ sql }}){% endcall %}
  {% do adapter.commit() %}
  {{ return({'relations': [rel]}) }}
{% endmaterialization %}
