{% macro outer() %}
  {{ 1 + 'a' }}
{% endmacro %}
