{#- Money and rates have one type each, so that every sum is exact and every driver reads them. -#}
{% macro amount(expression) -%}
    cast({{ expression }} as decimal(18, 4))
{%- endmacro %}
