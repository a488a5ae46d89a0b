-- Inner joins to all dimensions neither lose a row nor double one.
{%- set joins = {
    'fct_sales': [
        ['dim_date', 'date_key', 'date_key'], ['dim_customer', 'customer_key', 'customer_key'],
        ['dim_product', 'product_key', 'product_key'], ['dim_product_scd', 'product_version_key', 'product_version_key'],
        ['dim_store', 'store_key', 'store_key'],
    ],
    'fct_shipments': [
        ['dim_date', 'shipped_date_key', 'date_key'], ['dim_date', 'delivered_date_key', 'date_key'],
        ['dim_customer', 'customer_key', 'customer_key'], ['dim_store', 'store_key', 'store_key'],
    ],
    'fct_returns': [
        ['dim_date', 'date_key', 'date_key'], ['dim_customer', 'customer_key', 'customer_key'],
        ['dim_product', 'product_key', 'product_key'], ['dim_product_scd', 'product_version_key', 'product_version_key'],
        ['dim_store', 'store_key', 'store_key'],
    ],
    'fct_sensor_readings': [['dim_date', 'date_key', 'date_key'], ['dim_store', 'store_key', 'store_key']],
    'fct_ingestion_audit': [['dim_date', 'date_key', 'date_key']],
    'fct_schema_changes': [['dim_date', 'date_key', 'date_key']],
} %}

select *
from (
    {%- for fact, dimensions in joins.items() %}
    select
        '{{ fact }}' as fact,
        (select count(*) from {{ ref(fact) }}) as fact_rows,
        (
            select count(*)
            from {{ ref(fact) }} as fact
            {%- for dimension, key, dimension_key in dimensions %}
            inner join {{ ref(dimension) }} as dimension_{{ loop.index }} on fact.{{ key }} = dimension_{{ loop.index }}.{{ dimension_key }}
            {%- endfor %}
        ) as joined_rows
    {{ 'union all' if not loop.last }}
    {%- endfor %}
)
where fact_rows <> joined_rows
