{% macro given(a, b=2) %}{{ a }}-{{ b }}-{{ varargs | join('.') }}-{{ kwargs.items() | list }}{% endmacro %}
