{#- The versions of each key follow on each other day by day, from the beginning of time to its end, and the last is the current one. -#}
{% test no_gap_no_overlap(model, key) %}

select *
from (
    select
        {{ key }},
        valid_from,
        valid_to,
        is_current,
        lag(valid_to) over by_key as previous_valid_to,
        lead(valid_from) over by_key as next_valid_from
    from {{ model }}
    window by_key as (partition by {{ key }} order by valid_from)
)
where
    valid_to < valid_from
    or valid_from <> coalesce(previous_valid_to + 1, date '{{ beginning_of_time() }}')
    or (next_valid_from is null) <> (valid_to = date '{{ end_of_time() }}')
    or (next_valid_from is null) <> (is_current = 1)

{% endtest %}
