{#- What data_quality_metrics measures: for each silver table its relation, and the checks as [name, dimension of quality,
    what makes a row fail]. -#}
{% macro quality_checks() %}
    {{ return({
        'customers': [ref('customers'), [
            ['email_well_formed', 'validity', 'is_email_malformed = 1'],
            ['location_possible', 'validity', 'is_location_impossible = 1'],
            ['phone_present', 'completeness', 'is_phone_missing = 1'],
            ['address_present', 'completeness', 'is_address_missing = 1'],
            ['registered_once', 'uniqueness', 'is_survivor = 0'],
        ]],
        'products': [ref('products'), [
            ['price_present', 'completeness', 'is_price_missing = 1'],
            ['discontinued_date_present', 'completeness', 'is_discontinued_date_missing = 1'],
        ]],
        'stores': [ref('stores'), [
            ['latitude_possible', 'validity', 'is_latitude_impossible = 1'],
            ['longitude_possible', 'validity', 'is_longitude_impossible = 1'],
            ['listed_once', 'uniqueness', 'is_survivor = 0'],
        ]],
        'suppliers': [ref('suppliers'), [
            ['lead_time_possible', 'validity', 'is_lead_time_impossible = 1'],
            ['lead_time_present', 'completeness', 'lead_time_days is null and is_lead_time_impossible = 0'],
        ]],
        'orders': [ref('orders'), [
            ['customer_known', 'integrity', 'is_unknown_customer = 1'],
            ['store_known', 'integrity', 'is_unknown_store = 1'],
            ['customer_present', 'completeness', 'customer_id is null'],
            ['store_present', 'completeness', 'store_id is null'],
        ]],
        'order_lines': [ref('order_lines'), [
            ['product_known', 'integrity', 'is_unknown_product = 1'],
            ['quantity_valid', 'validity', 'is_quantity_invalid = 1'],
            ['price_valid', 'validity', 'is_price_invalid = 1'],
            ['rates_valid', 'validity', 'is_rate_invalid = 1'],
        ]],
        'shipments': [ref('shipments'), [
            ['delivered_after_shipped', 'validity', 'is_delivered_before_shipped = 1'],
            ['carrier_present', 'completeness', 'carrier is null'],
        ]],
        'returns': [ref('returns'), [
            ['quantity_valid', 'validity', 'is_quantity_invalid = 1'],
            ['reason_present', 'completeness', 'reason is null'],
        ]],
        'events': [ref('events'), [
            ['time_understood', 'validity', 'malformed_event_ts is not null'],
            ['user_understood', 'validity', 'malformed_user_id is not null'],
        ]],
        'sensors': [ref('sensors'), [
            ['temperature_possible', 'validity', 'is_temperature_out_of_range = 1'],
            ['humidity_possible', 'validity', 'is_humidity_out_of_range = 1'],
            ['temperature_present', 'completeness', 'temperature_c is null'],
        ]],
        'exchange_rates': [ref('exchange_rates'), [
            ['rate_present', 'completeness', 'rate_to_aud is null'],
        ]],
    }) }}
{% endmacro %}


{#- For each check its name, its dimension and how many rows fail it, as a list of an aggregation. -#}
{% macro failed_rows_of(checks) -%}
    {{ return(adapter.dispatch('failed_rows_of')(checks)) }}
{%- endmacro %}

{% macro duckdb__failed_rows_of(checks) -%}
        [
            {%- for check, dimension, failing in checks %}
            struct_pack(
                check_name := '{{ check }}',
                quality_dimension := '{{ dimension }}',
                rows_failed := count(*) filter (where {{ failing }})
            ){{ ',' if not loop.last }}
            {%- endfor %}
        ]
{%- endmacro %}


{#- The members of each struct of a list, as columns. -#}
{% macro columns_of_each(list) -%}
    {{ return(adapter.dispatch('columns_of_each')(list)) }}
{%- endmacro %}

{% macro duckdb__columns_of_each(list) -%}
    unnest({{ list }}, recursive := true)
{%- endmacro %}
