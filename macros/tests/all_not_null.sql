{#- None of these columns has a null, in one pass over the rows: for relations that are files, not tables. -#}
{% test all_not_null(model, columns) %}

select {{ columns | join(', ') }}
from {{ model }}
where
    false
    {%- for column in columns %}
    or {{ column }} is null
    {%- endfor %}

{% endtest %}
