{#- Holidays as SQL over a relation of years, each for any year. Days of the week are ISO: 1 is Monday. -#}

{#- The n-th given weekday of a month. -#}
{% macro nth_weekday(year, month, weekday, n) -%}
    (make_date({{ year }}, {{ month }}, 1)
        + cast((({{ weekday }} - {{ iso_weekday('make_date(' ~ year ~ ', ' ~ month ~ ', 1)') }} + 7) % 7) + {{ (n - 1) * 7 }} as integer))
{%- endmacro %}


{#- The last given weekday of a month. -#}
{% macro last_weekday(year, month, weekday) -%}
    (last_day(make_date({{ year }}, {{ month }}, 1))
        - cast(({{ iso_weekday('last_day(make_date(' ~ year ~ ', ' ~ month ~ ', 1))') }} - {{ weekday }} + 7) % 7 as integer))
{%- endmacro %}


{#- A day that falls on a weekend is kept on the Monday after it (Australia, United Kingdom). -#}
{% macro monday_if_weekend(day) -%}
    ({{ day }} + cast(case {{ iso_weekday(day) }} when 6 then 2 when 7 then 1 else 0 end as integer))
{%- endmacro %}


{#- A day on a Saturday is kept on the Friday before, on a Sunday on the Monday after (United States). -#}
{% macro nearest_weekday(day) -%}
    ({{ day }} + cast(case {{ iso_weekday(day) }} when 6 then -1 when 7 then 1 else 0 end as integer))
{%- endmacro %}


{#- Easter Sunday of the Gregorian calendar (the anonymous algorithm of 1876), as a select of
    (calendar_year, easter_sunday) over a relation with the column calendar_year. -#}
{% macro easter_sundays(years) -%}
    {{ return(adapter.dispatch('easter_sundays')(years)) }}
{%- endmacro %}

{% macro duckdb__easter_sundays(years) -%}
    select
        calendar_year,
        calendar_year % 19 as a,
        calendar_year // 100 as b,
        calendar_year % 100 as c,
        b // 4 as d,
        b % 4 as e,
        (b + 8) // 25 as f,
        (b - f + 1) // 3 as g,
        (19 * a + b - d - g + 15) % 30 as h,
        c // 4 as i,
        c % 4 as k,
        (32 + 2 * e + 2 * i - h - k) % 7 as l,
        (a + 11 * h + 22 * l) // 451 as m,
        make_date(
            calendar_year,
            (h + l - 7 * m + 114) // 31,
            (h + l - 7 * m + 114) % 31 + 1
        ) as easter_sunday
    from {{ years }}
{%- endmacro %}


{#- A day and its name as one value; the values that a call lists, as rows. -#}
{% macro holiday(day, name) -%}
    {{ return(adapter.dispatch('holiday')(day, name)) }}
{%- endmacro %}

{% macro duckdb__holiday(day, name) -%}
    {'holiday_date': {{ day }}, 'holiday_name': {{ name }}}
{%- endmacro %}

{% macro unnested() -%}
    {{ return(adapter.dispatch('unnested')(caller())) }}
{%- endmacro %}

{% macro duckdb__unnested(values) -%}
    unnest([{{ values }}])
{%- endmacro %}
