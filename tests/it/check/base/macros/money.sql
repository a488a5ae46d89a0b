{% macro cents(column) -%}
    cast({{ column }} * 100 as bigint)
{%- endmacro %}

{% macro flag(condition) -%}
    cast(coalesce({{ condition }}, false) as integer)
{%- endmacro %}
