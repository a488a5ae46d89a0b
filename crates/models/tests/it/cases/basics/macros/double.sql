{% macro double(column) %}{{ column }} * 2{% endmacro %}
{% test above(model, column_name, least=0) %}
select * from {{ model }} where {{ column_name }} <= {{ least }}
{% endtest %}
