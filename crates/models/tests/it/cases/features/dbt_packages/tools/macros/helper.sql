{% macro helper() %}{{ return(adapter.dispatch('helper', 'tools')()) }}{% endmacro %}
{% macro default__helper() %}default{% endmacro %}
