{% macro default__word() %}'more_tools default'{% endmacro %}
{% macro default__third() %}'more_tools third'{% endmacro %}
{% macro default__second() %}'more_tools second'{% endmacro %}
{% test positive(model, column_name) %}select * from {{ model }} where {{ column_name }} <= 0{% endtest %}
