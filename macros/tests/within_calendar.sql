{#- None of these days and times is after the calendar of dim_date: 2099-12-31 is what a form says in place of "unknown".
    A null passes. -#}
{% test within_calendar(model, columns) %}

select *
from {{ model }}
where
    false
    {%- for column in columns %}
    or cast({{ column }} as date) > date '{{ var("calendar_end") }}'
    {%- endfor %}

{% endtest %}
