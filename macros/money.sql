{#- Money has one type, so that every sum is exact and every driver reads it. -#}
{% macro amount(expression) -%}
    cast({{ expression }} as decimal(18, 4))
{%- endmacro %}


{#- One decimal times another, as money, rounded half away from zero. DuckDB keeps a product of two decimals of up
    to 18 digits within 18 digits, and fails when it does not fit; so one of them is made wide before. -#}
{% macro amount_product(left, right) -%}
    {{ amount("cast(" ~ left ~ " as decimal(22, 4)) * " ~ right) }}
{%- endmacro %}
