{# Running SQL from templates, and keeping what it gave. #}

{% macro statement(name=none, fetch_result=false, auto_begin=true, language='sql') %}
  {%- if execute -%}
    {%- set text = caller() -%}
    {%- if name == 'main' -%}{%- do write(text) -%}{%- endif -%}
    {%- set answer = adapter.execute(text, auto_begin=auto_begin, fetch=fetch_result) -%}
    {%- if name is not none -%}
      {%- do store_result(name, response=answer[0], agate_table=answer[1]) -%}
    {%- endif -%}
  {%- endif -%}
{% endmacro %}

{% macro noop_statement(name=none, message=none, code=none, rows_affected=none, res=none) %}
  {%- set text = caller() -%}
  {%- if name == 'main' -%}{%- do write(text) -%}{%- endif -%}
  {%- if name is not none -%}
    {%- do store_raw_result(name, message=message, code=code, rows_affected=rows_affected, agate_table=res) -%}
  {%- endif -%}
{% endmacro %}

{% macro run_query(sql) %}
  {%- call statement('run_query_statement', fetch_result=true, auto_begin=false) -%}{{ sql }}{%- endcall -%}
  {%- set outcome = load_result('run_query_statement') -%}
  {%- do return(outcome.table if outcome else none) -%}
{% endmacro %}

{% macro run_hooks(hooks, inside_transaction=true) %}
  {%- for hook in hooks if hook.transaction == inside_transaction -%}
    {%- set text = render(hook.sql) | trim -%}
    {%- if text -%}
      {%- call statement(auto_begin=inside_transaction) -%}{{ text }}{%- endcall -%}
    {%- endif -%}
  {%- endfor -%}
{% endmacro %}

{# With dbt's white space: it shows in the configs of the manifest. #}
{% macro make_hook_config(sql, inside_transaction) %}
    {{ tojson({"sql": sql, "transaction": inside_transaction}) }}
{% endmacro %}
{% macro before_begin(sql) %}
    {{ make_hook_config(sql, inside_transaction=False) }}
{% endmacro %}
{% macro in_transaction(sql) %}
    {{ make_hook_config(sql, inside_transaction=True) }}
{% endmacro %}
{% macro after_commit(sql) %}
    {{ make_hook_config(sql, inside_transaction=False) }}
{% endmacro %}

{% macro set_sql_header(config) %}{%- do config.set('sql_header', caller()) -%}{% endmacro %}

{% macro should_full_refresh() %}
  {%- set wanted = config.get('full_refresh') -%}
  {%- do return(flags.FULL_REFRESH if wanted is none else wanted) -%}
{% endmacro %}

{% macro should_store_failures() %}
  {%- set wanted = config.get('store_failures') -%}
  {%- do return(flags.STORE_FAILURES if wanted is none else wanted) -%}
{% endmacro %}

{% macro is_incremental() %}
  {%- if not execute -%}{%- do return(false) -%}{%- endif -%}
  {%- set there = adapter.get_relation(this.database, this.schema, this.table) -%}
  {%- if model.config.materialized == 'delta' -%}
    {%- do return(there is not none and adapter.ingot_delta_exists(ingot__delta_location(this)) and not should_full_refresh()) -%}
  {%- endif -%}
  {%- do return(there is not none and there.type == 'table'
                and model.config.materialized == 'incremental' and not should_full_refresh()) -%}
{% endmacro %}
