{#- From one day to the next, the value of each key moves by at most this share of itself, and no day is left out. -#}
{% test steady(model, column_name, key, day, most) %}

select *
from (
    select
        *,
        lag({{ column_name }}) over by_key as value_before,
        lag({{ day }}) over by_key as day_before
    from {{ model }}
    window by_key as (partition by {{ key }} order by {{ day }})
)
where
    abs({{ column_name }} - value_before) > {{ most }} * value_before
    or {{ day }} > day_before + 1

{% endtest %}
