{% test has_pairs(model, pairs, words) %}
{% for key, values in pairs.items() -%}
select '{{ key }}' as name, {{ values | length }} as n, '{{ words | join('+') | replace("'", "''") }}' as words from {{ model }} where id < 0
{{ 'union all' if not loop.last }}
{%- endfor %}
{% endtest %}
{% test a_column_is_not(model, column_name, value) %}
{{ config(severity='error', limit=5, store_failures=true) }}
select {{ column_name }} from {{ model }} where {{ column_name }} = '{{ value }}'
{% endtest %}
