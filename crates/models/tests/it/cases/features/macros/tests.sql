{% test always_passes(model) %}select * from {{ model }} where 1 = 0{% endtest %}
{% macro greet(name, times=1) %}hello {{ name }}{{ shout() }}{% endmacro %}
{% macro shout() %}!{% endmacro %}
