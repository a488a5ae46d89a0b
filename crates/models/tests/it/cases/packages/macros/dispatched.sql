{% macro duckdb__word() %}'root for duckdb'{% endmacro %}
{% macro default__second() %}'root default'{% endmacro %}
{# The same name as a macro of a package, and as one of dbt's own. #}
{% macro plain() %}'plain of root'{% endmacro %}
{% macro test_not_null(model, column_name) %}select * from {{ model }} where {{ column_name }} is null and {{ column_name }} is not distinct from 'never'{% endmacro %}
