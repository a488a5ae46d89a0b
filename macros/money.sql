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


{#- Whether an amount is nothing. -#}
{% macro is_zero(expression) -%}
    {{ return(adapter.dispatch('is_zero')(expression)) }}
{%- endmacro %}

{% macro duckdb__is_zero(expression) -%}
    {{ expression }} = 0
{%- endmacro %}


{#- The lines of orders with what they amount to. -#}
{% macro counted_lines(lines) -%}
    {{ return(adapter.dispatch('counted_lines')(lines)) }}
{%- endmacro %}

{% macro duckdb__counted_lines(lines) -%}
    select
        *,
        quantity_invalid or price_invalid or discount_invalid or tax_invalid as excluded,
        case when excluded then 0 else {{ amount_product('quantity', 'unit_price') }} end as gross,
        case when excluded then 0 else {{ amount_product('gross', 'coalesce(discount_rate, 0)') }} end as discount,
        case when excluded then 0 else {{ amount_product('(gross - discount)', 'coalesce(tax_rate, 0)') }} end as tax
    from {{ lines }}
{%- endmacro %}
