{# Cross-database macros on Spark. What they give is what those of dbt-spark 1.11 give (dbt/include/spark/macros/utils). #}

{% macro spark__any_value(expression) %}first({{ expression }}){% endmacro %}
{% macro spark__array_append(array, new_element) %}{{ array_concat(array, array_construct([new_element])) }}{% endmacro %}
{% macro spark__array_concat(array_1, array_2) %}concat({{ array_1 }}, {{ array_2 }}){% endmacro %}
{% macro spark__array_construct(inputs, data_type) %}array( {{ inputs | join(' , ') }} ){% endmacro %}
{% macro spark__bool_or(expression) %}max({{ expression }}){% endmacro %}
{% macro spark__concat(fields) %}concat({{ fields | join(', ') }}){% endmacro %}
{% macro spark__current_timestamp() %}current_timestamp(){% endmacro %}
{% macro spark__escape_single_quotes(expression) %}{{ expression | replace("'", "\\'") }}{% endmacro %}
{% macro spark__date(year, month, day) %}to_date('{{ '%04d-%02d-%02d' % (year, month, day) }}', 'yyyy-MM-dd'){% endmacro %}
{% macro spark__generate_series(upper_bound) %}select explode(sequence(1, {{ upper_bound }})) as generated_number{% endmacro %}

{% macro cast_from_string_unsupported_for(type) %}
  {%- do return(type.lower().startswith('struct') or type.lower().startswith('array') or type.lower().startswith('map')) -%}
{% endmacro %}
{% macro spark__safe_cast(field, type) %}
  {%- set bare = field.strip('"').strip("'") if cast_from_string_unsupported_for(type) and field is string else field -%}
  cast({{ bare }} as {{ type }})
{%- endmacro %}

{# The value, or an error where it is null though its argument is not: a text that is not a date. #}
{% macro assert_not_null(function, arg) %}{{ return(adapter.dispatch('assert_not_null', 'dbt')(function, arg)) }}{% endmacro %}
{% macro spark__assert_not_null(function, arg) -%}
  coalesce({{ function }}({{ arg }}), nvl2({{ function }}({{ arg }}), assert_true({{ function }}({{ arg }}) is not null), null))
{%- endmacro %}

{% macro spark__dateadd(datepart, interval, from_date_or_timestamp) %}
  {%- set part = datepart | lower -%}
  {%- set from = from_date_or_timestamp -%}
  {%- set days = {'day': 1, 'week': 7} -%}
  {%- set months = {'month': 1, 'quarter': 3, 'year': 12} -%}
  {%- set seconds = {'hour': '3600', 'minute': '60', 'second': '1', 'millisecond': '(1/1000000)', 'microsecond': '(1/1000000)'} -%}
  {%- if part in days or part in months -%}
    {%- set clock = 'to_unix_timestamp(' ~ assert_not_null('to_timestamp', from) ~ ') - to_unix_timestamp(' ~ assert_not_null('date', from) ~ ')' -%}
    {%- set move = 'date_add' if part in days else 'add_months' -%}
    timestamp_seconds(to_unix_timestamp({{ move }}({{ assert_not_null('date', from) }}, cast({{ interval }} * {{ days.get(part) or months.get(part) }} as int))) + {{ clock }})
  {%- elif part in seconds -%}
    timestamp_seconds({{ assert_not_null('to_unix_timestamp', from) }} + cast({{ interval }} * {{ seconds[part] }} as int))
  {%- else -%}
    {%- do exceptions.raise_compiler_error("macro dateadd not implemented for datepart '" ~ datepart ~ "' on Spark") -%}
  {%- endif -%}
{% endmacro %}

{% macro spark__datediff(first_date, second_date, datepart) %}
  {%- set part = datepart | lower -%}
  {%- set is_date = part in ['day', 'week', 'month', 'quarter', 'year'] -%}
  {%- set a = assert_not_null('date', first_date) if is_date else first_date -%}
  {%- set b = assert_not_null('date', second_date) if is_date else second_date -%}
  {%- if part == 'day' -%}datediff({{ b }}, {{ a }})
  {%- elif part == 'year' -%}year({{ b }}) - year({{ a }})
  {%- elif part == 'week' -%}
  {{ ingot__spark_whole(a, b, 'datediff(' ~ b ~ ', ' ~ a ~ ')/7') }} + {{ ingot__spark_crossed(a, b, 'dayofweek(' ~ a ~ ')', 'dayofweek(' ~ b ~ ')') }}
  {%- elif part == 'month' -%}
  {{ ingot__spark_whole(a, b, 'months_between(date(' ~ b ~ '), date(' ~ a ~ '))') }} + {{ ingot__spark_crossed(a, b, 'dayofmonth(' ~ a ~ ')', 'dayofmonth(' ~ b ~ ')') }}
  {%- elif part == 'quarter' -%}
  {%- set day = {} -%}
  {%- for date in [a, b] -%}{%- do day.update({date: '(dayofyear(' ~ date ~ ') - (quarter(' ~ date ~ ') * 365/4))'}) -%}{%- endfor -%}
  {{ ingot__spark_whole(a, b, 'months_between(date(' ~ b ~ '), date(' ~ a ~ '))/3') }} + {{ ingot__spark_crossed(a, b, day[a], day[b]) }}
  {%- elif part in ['hour', 'minute', 'second', 'millisecond', 'microsecond'] -%}
  {%- set divisor = {'hour': '3600', 'minute': '60', 'second': '1', 'millisecond': '(1/1000)', 'microsecond': '(1/1000000)'}[part] -%}
  {%- set seconds = {} -%}
  {%- for time in [a, b] -%}{%- do seconds.update({time: assert_not_null('to_unix_timestamp', assert_not_null('to_timestamp', time))}) -%}{%- endfor -%}
  case when {{ a }} < {{ b }} then ceil(({{ seconds[b] }} - {{ seconds[a] }}) / {{ divisor }}) else floor(({{ seconds[b] }} - {{ seconds[a] }}) / {{ divisor }}) end
  {%- if part == 'millisecond' %} + cast(date_format({{ b }}, 'SSS') as int) - cast(date_format({{ a }}, 'SSS') as int)
  {%- elif part == 'microsecond' %}
  {%- set digits = "'[0-9]{4}-[0-9]{2}-[0-9]{2}.[0-9]{2}:[0-9]{2}:[0-9]{2}.([0-9]{6})'" %} + cast(regexp_extract({{ b }}, {{ digits }}, 1) as int) - cast(regexp_extract({{ a }}, {{ digits }}, 1) as int)
  {%- endif -%}
  {%- else -%}
    {%- do exceptions.raise_compiler_error("macro datediff not implemented for datepart '" ~ datepart ~ "' on Spark") -%}
  {%- endif -%}
{% endmacro %}

{# Whole periods between two dates, towards 0. #}
{% macro ingot__spark_whole(a, b, periods) -%}
  case when {{ a }} < {{ b }} then floor({{ periods }}) else ceil({{ periods }}) end
{%- endmacro %}
{# One more, if the end of a period lies between them that is not whole. #}
{% macro ingot__spark_crossed(a, b, place_of_a, place_of_b) -%}
  case when {{ a }} < {{ b }} and {{ place_of_b }} < {{ place_of_a }} then 1 when {{ a }} > {{ b }} and {{ place_of_b }} > {{ place_of_a }} then -1 else 0 end
{%- endmacro %}

{% macro spark__listagg(measure, delimiter_text, order_by_clause, limit_num) %}
  {%- if order_by_clause -%}{%- do exceptions.warn('order_by_clause is not supported for listagg on Spark/Databricks') -%}{%- endif -%}
  {%- set values = 'collect_list(' ~ measure ~ ')' -%}
  array_join({{ 'slice(' ~ values ~ ', 1, ' ~ limit_num ~ ')' if limit_num else values }}, {{ delimiter_text }})
{%- endmacro %}

{# `split` takes a pattern, so a delimiter that is not a letter or digit gets a backslash. #}
{% macro spark__split_part(string_text, delimiter_text, part_number) %}
  {%- set pattern -%}
  case when regexp_extract({{ delimiter_text }}, '([^A-Za-z0-9])(.*)', 1) != '_' then concat('\\', {{ delimiter_text }}) else {{ delimiter_text }} end
  {%- endset -%}
  {%- if part_number >= 0 -%}
  split({{ string_text }}, {{ pattern }})[({{ part_number - 1 if part_number > 0 else part_number }})]
  {%- else -%}
  split({{ string_text }}, {{ pattern }})[(length({{ string_text }}) - length(replace({{ string_text }}, {{ delimiter_text }}, '')) + 1 + {{ part_number }})]
  {%- endif -%}
{% endmacro %}
{% macro spark__last_day(date, datepart) %}{{ dbt.default_last_day(date, datepart) }}{% endmacro %}

{# dbt-spark makes no functions either. #}
{% macro spark__scalar_function_sql(target_relation) %}{%- do ingot__no_spark_function() -%}{% endmacro %}
{% macro spark__aggregate_function_sql(target_relation) %}{%- do ingot__no_spark_function() -%}{% endmacro %}
{% macro spark__scalar_function_python(target_relation) %}{%- do ingot__no_spark_function() -%}{% endmacro %}
{% macro spark__aggregate_function_python(target_relation) %}{%- do ingot__no_spark_function() -%}{% endmacro %}
{% macro spark__scalar_function_javascript(target_relation) %}{%- do ingot__no_spark_function() -%}{% endmacro %}
{% macro spark__aggregate_function_javascript(target_relation) %}{%- do ingot__no_spark_function() -%}{% endmacro %}
{% macro ingot__no_spark_function() %}
  {%- do ingot__needs_entry_point() -%}
  {%- do exceptions.raise_compiler_error("functions of a project are made on DuckDB only; create this one on the Spark server, and call it by its name") -%}
{% endmacro %}
