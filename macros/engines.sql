{#- What DuckDB and Spark write differently, each under one name: the DuckDB text is here, Spark's in macros/spark.sql. -#}

{#- The type of text of any length. -#}
{% macro text_type() -%}
    {{ return(adapter.dispatch('text_type')()) }}
{%- endmacro %}

{% macro duckdb__text_type() -%}
    varchar
{%- endmacro %}


{#- How an incremental model puts new rows in the place of those with the same key. -#}
{% macro replacing_rows() -%}
    {{ return('merge' if target.type == 'spark' else 'delete+insert') }}
{%- endmacro %}


{#- Behind `from`: of the rows of each key, the first in an order. On Spark they have a further column, row_of_key. -#}
{% macro first_rows(relation, key, order, where=none) -%}
    {{ return(adapter.dispatch('first_rows')(relation, key, order, where)) }}
{%- endmacro %}

{% macro duckdb__first_rows(relation, key, order, where) -%}
    {{ relation }}
{%- if where %}
where {{ where }}
{%- endif %}
qualify row_number() over (partition by {{ key }} order by {{ order }}) = 1
{%- endmacro %}


{#- The rows whose value is not the least one of their key. -#}
{% macro rows_above_the_least(relation, column, key) -%}
    {{ return(adapter.dispatch('rows_above_the_least')(relation, column, key)) }}
{%- endmacro %}

{% macro duckdb__rows_above_the_least(relation, column, key) -%}
    select *
    from {{ relation }}
    qualify {{ column }} > min({{ column }}) over (partition by {{ key | join(', ') }})
{%- endmacro %}


{#- All columns of a relation, under its alias, but some. -#}
{% macro all_but(alias, columns, relation) -%}
    {{ return(adapter.dispatch('all_but')(alias, columns, relation)) }}
{%- endmacro %}

{% macro duckdb__all_but(alias, columns, relation) -%}
    {{ alias }}.* exclude ({{ columns | join(', ') }})
{%- endmacro %}


{#- The rows of the call's query behind those of the query before it, which has `columns`. What the call's query does not
    have is null. -#}
{% macro union_all_by_name(columns) -%}
    {{ return(adapter.dispatch('union_all_by_name')(columns, caller())) }}
{%- endmacro %}

{% macro duckdb__union_all_by_name(columns, query) -%}
union all by name

{{ query }}
{%- endmacro %}


{#- Behind `as` of a CTE that is read more than once. -#}
{% macro computed_once() -%}
    {{ return(adapter.dispatch('computed_once')()) }}
{%- endmacro %}

{% macro duckdb__computed_once() -%}
    {{ return('materialized ') }}
{%- endmacro %}


{#- The window of a number that only has to be another one for each row. Spark wants an order. -#}
{% macro any_order(columns) -%}
    {{ return(adapter.dispatch('any_order')(columns)) }}
{%- endmacro %}

{% macro duckdb__any_order(columns) -%}
    ()
{%- endmacro %}


{#- In front of `over`: the last value of the window that is not null. -#}
{% macro last_known(value) -%}
    {{ return(adapter.dispatch('last_known')(value)) }}
{%- endmacro %}

{% macro duckdb__last_known(value) -%}
    last_value({{ value }} ignore nulls)
{%- endmacro %}


{#- A DOUBLE with four places behind the point, as DuckDB rounds it: its ten-thousandths, half of one away from 0. The value is
    given by name or by the call. -#}
{% macro double_to_decimal(value=none) -%}
    {{ return(adapter.dispatch('double_to_decimal')(caller() if value is none else value)) }}
{%- endmacro %}

{% macro duckdb__double_to_decimal(value) -%}
    cast({{ value }} as decimal(9, 4))
{%- endmacro %}


{#- Whether a whole text matches a regular expression. -#}
{% macro is_full_match(text, pattern) -%}
    {{ return(adapter.dispatch('is_full_match')(text, pattern)) }}
{%- endmacro %}

{% macro duckdb__is_full_match(text, pattern) -%}
    regexp_full_match({{ text }}, '{{ pattern }}')
{%- endmacro %}


{#- One member of a JSON document as text; the members that the call lists, as a list of texts; its n-th, from 1. -#}
{% macro json_member(document, path) -%}
    {{ return(adapter.dispatch('json_member')(document, path)) }}
{%- endmacro %}

{% macro duckdb__json_member(document, path) -%}
    json_extract_string({{ document }}, '{{ path }}')
{%- endmacro %}

{% macro json_members(document) -%}
    {{ return(adapter.dispatch('json_members')(document, caller())) }}
{%- endmacro %}

{% macro duckdb__json_members(document, paths) -%}
    json_extract_string({{ document }}, [
            {{ paths }}
        ])
{%- endmacro %}

{% macro nth(list, position) -%}
    {{ list }}[{{ position - 1 if target.type == 'spark' else position }}]
{%- endmacro %}


{#- Days, seconds and complete years from one point in time to another. -#}
{% macro days_between(first, second) -%}
    {{ return(adapter.dispatch('days_between')(first, second)) }}
{%- endmacro %}

{% macro duckdb__days_between(first, second) -%}
    date_diff('day', {{ first }}, {{ second }})
{%- endmacro %}

{% macro seconds_between(first, second) -%}
    {{ return(adapter.dispatch('seconds_between')(first, second)) }}
{%- endmacro %}

{% macro duckdb__seconds_between(first, second) -%}
    date_diff('second', {{ first }}, {{ second }})
{%- endmacro %}

{% macro years_between(first, second) -%}
    {{ return(adapter.dispatch('years_between')(first, second)) }}
{%- endmacro %}

{% macro duckdb__years_between(first, second) -%}
    date_sub('year', {{ first }}, {{ second }})
{%- endmacro %}


{#- The day of the week (1 is Monday), the week and its year by ISO 8601. -#}
{% macro iso_weekday(day) -%}
    {{ return(adapter.dispatch('iso_weekday')(day)) }}
{%- endmacro %}

{% macro duckdb__iso_weekday(day) -%}
    isodow({{ day }})
{%- endmacro %}

{% macro iso_week(day) -%}
    {{ return(adapter.dispatch('iso_week')(day)) }}
{%- endmacro %}

{% macro duckdb__iso_week(day) -%}
    week({{ day }})
{%- endmacro %}

{% macro iso_year(day) -%}
    {{ return(adapter.dispatch('iso_year')(day)) }}
{%- endmacro %}

{% macro duckdb__iso_year(day) -%}
    isoyear({{ day }})
{%- endmacro %}


{#- A day in one of the forms %A, %B, %Y-%m and %G-W%V. -#}
{% macro day_as_text(day, form) -%}
    {{ return(adapter.dispatch('day_as_text')(day, form)) }}
{%- endmacro %}

{% macro duckdb__day_as_text(day, form) -%}
    strftime({{ day }}, '{{ form }}')
{%- endmacro %}


{#- Every day from the first to the last, both included, as full_date. -#}
{% macro days_from(first, last) -%}
    {{ return(adapter.dispatch('days_from')(first, last)) }}
{%- endmacro %}

{% macro duckdb__days_from(first, last) -%}
    select cast(day as date) as full_date
    from range(
        date '{{ first }}',
        date '{{ last }}' + 1,
        interval 1 day
    ) as span (day)
{%- endmacro %}


{#- The texts of a group in their order, with commas between them. -#}
{% macro joined_text(column) -%}
    {{ return(adapter.dispatch('joined_text')(column)) }}
{%- endmacro %}

{% macro duckdb__joined_text(column) -%}
    string_agg({{ column }}, ', ' order by {{ column }})
{%- endmacro %}


{#- The SHA-256 of a text, in hexadecimal digits. -#}
{% macro sha256_of(text) -%}
    {{ return(adapter.dispatch('sha256_of')(text)) }}
{%- endmacro %}

{% macro duckdb__sha256_of(text) -%}
    sha256({{ text }})
{%- endmacro %}


{#- The values of a key in one text. -#}
{% macro joined_key(columns) -%}
    {{ return(adapter.dispatch('joined_key')(columns)) }}
{%- endmacro %}

{% macro duckdb__joined_key(columns) -%}
    concat_ws('|', {{ columns | join(', ') }})
{%- endmacro %}
