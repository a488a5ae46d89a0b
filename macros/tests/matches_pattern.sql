{#- The whole value matches a regular expression. A null passes. -#}
{% test matches_pattern(model, column_name, pattern) %}

select *
from {{ model }}
where not {{ is_full_match(column_name, pattern) }}

{% endtest %}
