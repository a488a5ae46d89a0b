{% macro tax() %}0.5{% endmacro %}
