{% test dbt_like(model) %}select 1 as one from {{ model }} where false{% endtest %}
