{% macro word() %}{{ return(adapter.dispatch('word', 'tools')()) }}{% endmacro %}
{% macro default__word() %}'tools default'{% endmacro %}
{% macro second() %}{{ adapter.dispatch('second', macro_namespace='tools')() }}{% endmacro %}
{% macro default__second() %}'tools default'{% endmacro %}
{% macro third() %}{{ adapter.dispatch('third', 'tools')() }}{% endmacro %}
{% macro default__third() %}'tools third'{% endmacro %}
{% macro plain() %}'plain of tools'{% endmacro %}
{% macro shared_var() %}{{ var('shared') }}/{{ var("tool_limit", "unset") }}/{{ var("only_tools", "nothing") }}{% endmacro %}
{% test between(model, column_name, low, high=10) %}
{{ config(tags=['ranged'], error_if='>100') }}
select * from {{ model }} where {{ column_name }} not between {{ low }} and {{ high }}
{% endtest %}
