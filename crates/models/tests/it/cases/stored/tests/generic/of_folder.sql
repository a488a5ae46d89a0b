{% test of_folder(model) %}select 1 as one from {{ model }} where false{% endtest %}
