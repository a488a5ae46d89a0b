{% test has_rows(model, least) %}
{{ config(fail_calc='max(n)', error_if='< ' ~ 1, warn_if='> 100') }}
select count(*) as n from {{ model }} having count(*) >= {{ least }}
{% endtest %}
