{#- The share of rows that meet a condition stays below a limit, e.g. 0.015 of the orders point at no customer. -#}
{% test share_below(model, condition, maximum) %}

select matching, total
from (
    select
        count(*) filter (where {{ condition }}) as matching,
        count(*) as total
    from {{ model }}
)
where matching > {{ maximum }} * total

{% endtest %}
