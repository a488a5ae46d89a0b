{% macro twice(x) %}2 * {{ x }}{% endmacro %}
{% macro unused() %}2{% endmacro %}
