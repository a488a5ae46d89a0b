{#- None of these columns has a null, in one pass over the rows. The rows come whole, so that one sees which they are. -#}
{% test all_not_null(model, columns) %}

select *
from {{ model }}
where
    false
    {%- for column in columns %}
    or {{ column }} is null
    {%- endfor %}

{% endtest %}
