{# A table function: a view with parameters, read as `select * from name(argument)`. #}
{% materialization table_function, adapter='duckdb' %}
  {%- set final = this.incorporate(type='view') -%}
  {%- set parameters = config.get('parameters') or [] -%}
  {%- set listed = parameters | join(', ') if parameters is sequence and parameters is not string else parameters -%}
  {%- do run_hooks(pre_hooks, inside_transaction=false) -%}
  {%- do run_hooks(pre_hooks, inside_transaction=true) -%}
  {%- call statement('main') -%}
    create or replace function {{ final.render() }}({{ listed }}) as table (
      {{ adapter.ingot_query(sql) }}
    );
  {%- endcall -%}
  {%- do run_hooks(post_hooks, inside_transaction=true) -%}
  {%- do persist_docs(final, model) -%}
  {%- do adapter.commit() -%}
  {%- do run_hooks(post_hooks, inside_transaction=false) -%}
  {%- do return({'relations': [final]}) -%}
{% endmaterialization %}
