{% macro note(step, detail) %}insert into log values ('{{ step }}', '{{ detail }}'){% endmacro %}
