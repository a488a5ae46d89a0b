{#- Values lie between the two bounds, both included. A null passes: `not_null` is a test of its own. -#}
{% test in_range(model, column_name, minimum=none, maximum=none) %}

select *
from {{ model }}
where
    false
    {%- if minimum is not none %}
    or {{ column_name }} < {{ minimum }}
    {%- endif %}
    {%- if maximum is not none %}
    or {{ column_name }} > {{ maximum }}
    {%- endif %}

{% endtest %}
