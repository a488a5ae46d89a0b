{#- Money has one type, so that every sum is exact and every driver reads it. -#}
{% macro amount(expression) -%}
    cast({{ expression }} as decimal(18, 4))
{%- endmacro %}


{#- One decimal times another, as money, rounded half away from zero. DuckDB keeps a product of two decimals of up
    to 18 digits within 18 digits, and fails when it does not fit; one of them made wide before, it fits, but takes
    ten times as long. So the wide way is for what is too large for the other: with up to twelve decimal places in
    the product, six digits are left. -#}
{% macro amount_product(left, right) -%}
    case
        when abs(cast({{ left }} as double) * cast({{ right }} as double)) < 100000
            then {{ amount(amount(left) ~ " * " ~ right) }}
        else {{ amount("cast(" ~ left ~ " as decimal(22, 4)) * " ~ right) }}
    end
{%- endmacro %}
