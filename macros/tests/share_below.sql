{#- The share of rows that meet a condition stays below a limit, e.g. 0.015 of the orders point at no customer.
    A share of few rows says little: fewer than `minimum_rows` are not judged. -#}
{% test share_below(model, condition, maximum, minimum_rows=0) %}

select matching, total
from (
    select
        count(*) filter (where {{ condition }}) as matching,
        count(*) as total
    from {{ model }}
)
where matching > {{ maximum }} * total and total >= {{ minimum_rows }}

{% endtest %}
