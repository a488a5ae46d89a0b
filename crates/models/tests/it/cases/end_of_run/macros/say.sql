{% macro say(what, detail) %}insert into said values ('{{ what }}', '{{ detail }}'){% endmacro %}
{% macro tell_results(results) %}
  {%- if execute -%}
  {%- for result in results | sort(attribute='unique_id') -%}
  {%- set detail = [result.status, result.node.resource_type, result.node.name, result.failures, result.node.config.materialized, result.status in ['success', 'pass'], result.execution_time > 0, result.thread_id is string] -%}
  insert into said values ('result', '{{ detail | join('|') }}');
  {% endfor -%}
  insert into said values ('count', '{{ results | selectattr('status', 'equalto', 'success') | list | length }} of {{ results | length }}')
  {%- endif -%}
{% endmacro %}
{% macro make_table(name, rows=1, words=[]) %}
  {%- set sql -%}create or replace table {{ target.schema }}.{{ name }} as select i as id, '{{ words | join('/') }}' as words from range({{ rows }}) t(i){%- endset -%}
  {%- do run_query(sql) -%}
  {%- do adapter.commit() -%}
  {{ return(rows) }}
{% endmacro %}
{% macro reads_ref() %}
  {%- call statement('x', fetch_result=true) -%}select count(*) from {{ ref('good') }}{%- endcall -%}
  {%- do run_query("create or replace table main.counted as select " ~ load_result('x')['data'][0][0] ~ " as n") -%}
  {%- do adapter.commit() -%}
{% endmacro %}
