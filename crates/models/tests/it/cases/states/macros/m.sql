{% macro twice(x) %}{{ x }} * 2{% endmacro %}
{% macro unused() %}1{% endmacro %}
