{% test unique_among_newest(model, column_name, loaded_at, minutes) %}
{#- Values that stand more than once, of which one came in the last minutes. A table that only grows is tested whole in this way,
    bit by bit, and a run takes as long after a year as on the first day. -#}
with newest as (

    select {{ column_name }}
    from {{ model }}
    where {{ loaded_at }} > (select max({{ loaded_at }}) - interval {{ minutes }} minute from {{ model }})

)

select {{ column_name }}, count(*) as times
from {{ model }}
where {{ column_name }} in (select {{ column_name }} from newest)
group by 1
having count(*) > 1
{% endtest %}
