{#- Each of these columns is 0 or 1, in one pass. A null passes: there `is_on_time` says that nobody can know yet. -#}
{% test flags(model, columns) %}

select *
from {{ model }}
where
    false
    {%- for column in columns %}
    or {{ column }} not in (0, 1)
    {%- endfor %}

{% endtest %}
