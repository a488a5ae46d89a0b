{% macro is_large(row) %}{{ return(row['n'] > 2) }}{% endmacro %}
{% macro length_of(row) %}{{ return(row['label'] | length) }}{% endmacro %}
