{% macro twice() %}{% endmacro %}
