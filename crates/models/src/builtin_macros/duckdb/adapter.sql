{# What DuckDB does in its own way. #}

{% macro duckdb__get_columns_in_relation(relation) %}
  {%- call statement('get_columns_in_relation', fetch_result=true, auto_begin=false) -%}
    select column_name, column_type from (describe {{ relation.render() }})
  {%- endcall -%}
  {%- do return(sql_convert_columns_in_relation(load_result('get_columns_in_relation').table)) -%}
{% endmacro %}

{% macro duckdb__apply_grants(relation, grant_config, should_revoke) %}
  {%- if grant_config -%}{%- do adapter.warn_once('DuckDB has no grants; the `grants` config was passed over') -%}{%- endif -%}
{% endmacro %}

{# The new rows of an incremental model wait in a temporary table, which ends with the session. #}
{% macro duckdb__make_temp_relation(base_relation, suffix) %}
  {%- set name = base_relation.identifier ~ suffix ~ py_current_timestring() -%}
  {%- do return(base_relation.incorporate(path={'identifier': name, 'schema': none, 'database': none})) -%}
{% endmacro %}

{% macro duckdb__get_incremental_default_sql(arg_dict) %}{%- do return(get_incremental_delete_insert_sql(arg_dict)) -%}{% endmacro %}

{% macro duckdb__load_csv_rows(model, agate_table) %}{%- do return(adapter.ingot_copy_seed(this, agate_table)) -%}{% endmacro %}

{% macro duckdb__any_value(expression) %}arbitrary({{ expression }}){% endmacro %}
{% macro duckdb__current_timestamp() %}now(){% endmacro %}
{% macro duckdb__snapshot_get_time() %}{{ current_timestamp() }}::timestamp{% endmacro %}
{% macro duckdb__snapshot_string_as_time(timestamp) %}{%- do return("'" ~ timestamp ~ "'::timestamp") -%}{% endmacro %}
{% macro duckdb__date(year, month, day) %}make_date({{ year }}, {{ month }}, {{ day }}){% endmacro %}
{% macro duckdb__dateadd(datepart, interval, from_date_or_timestamp) %}
  {%- set part = datepart | lower -%}
  {%- set times = {'quarter': ' * 3', 'week': ' * 7'}.get(part, '') -%}
  {%- set unit = {'quarter': 'month', 'week': 'day'}.get(part, part) -%}
  {%- set count = 'cast(' ~ interval ~ ' as bigint)' -%}
  ({{ from_date_or_timestamp }} + {{ '(' ~ count ~ times ~ ')' if times else count }} * interval 1 {{ unit }})
{%- endmacro %}
{% macro duckdb__datediff(first_date, second_date, datepart) %}
  {%- if datepart == 'week' -%}
  {#- how often a Sunday is passed -#}
  {%- set day_of = {} -%}
  {%- for date in [first_date, second_date] -%}{%- do day_of.update({date: "date_part('dow', (" ~ date ~ ')::timestamp)'}) -%}{%- endfor -%}
  ({{ datediff(first_date, second_date, 'day') }} // 7 + case when {{ day_of[first_date] }} <= {{ day_of[second_date] }}
    then case when {{ first_date }} <= {{ second_date }} then 0 else -1 end
    else case when {{ first_date }} <= {{ second_date }} then 1 else 0 end end)
  {%- else -%}
  (date_diff('{{ datepart }}', {{ first_date }}::timestamp, {{ second_date }}::timestamp))
  {%- endif -%}
{%- endmacro %}
{% macro duckdb__last_day(date, datepart) %}
  {%- if datepart == 'quarter' -%}
  cast({{ dbt.dateadd('day', '-1', dbt.dateadd('month', '3', dbt.date_trunc(datepart, date))) }} as date)
  {%- else -%}
  {{ dbt.default_last_day(date, datepart) }}
  {%- endif -%}
{%- endmacro %}
{% macro duckdb__listagg(measure, delimiter_text, order_by_clause, limit_num) %}
  {%- if limit_num -%}
  list_aggr((array_agg({{ measure }} {{ order_by_clause or '' }}))[1:{{ limit_num }}], 'string_agg', {{ delimiter_text }})
  {%- else -%}
  string_agg({{ measure }}, {{ delimiter_text }} {{ order_by_clause or '' }})
  {%- endif -%}
{%- endmacro %}
{% macro duckdb__split_part(string_text, delimiter_text, part_number) %}string_split({{ string_text }}, {{ delimiter_text }})[{{ part_number }}]{% endmacro %}
{% macro duckdb__generate_series(upper_bound) %}select generate_series as generated_number from generate_series(1, {{ upper_bound }}){% endmacro %}
