{#- What counts as a defect is said here once, and asked by the silver models and by data_quality_log. A null is
    no defect, unless the name says `missing`. -#}

{% macro is_email_malformed(email) -%}
    coalesce(not {{ is_full_match(email, '[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(\\.[A-Za-z0-9-]+)*\\.[A-Za-z]{2,}') }}, false)
{%- endmacro %}

{% macro is_latitude_impossible(latitude) -%}
    coalesce({{ latitude }} not between -90 and 90, false)
{%- endmacro %}

{% macro is_longitude_impossible(longitude) -%}
    coalesce({{ longitude }} not between -180 and 180, false)
{%- endmacro %}

{% macro is_price_missing(price) -%}
    coalesce({{ price }} <= 0, true)
{%- endmacro %}

{% macro is_not_positive(value) -%}
    coalesce({{ value }} <= 0, false)
{%- endmacro %}

{#- A trillion of any currency: nobody's line of an order, and more than the type of money could hold in another currency. -#}
{% macro is_amount_implausible(quantity, price) -%}
    coalesce(abs(cast({{ quantity }} as double) * cast({{ price }} as double)) >= 1e12, false)
{%- endmacro %}

{% macro is_share_impossible(rate) -%}
    coalesce({{ rate }} not between 0 and 1, false)
{%- endmacro %}

{% macro is_temperature_impossible(temperature) -%}
    coalesce({{ temperature }} not between -30 and 60, false)
{%- endmacro %}

{% macro is_humidity_impossible(humidity) -%}
    coalesce({{ humidity }} not between 0 and 100, false)
{%- endmacro %}


{#- The rows of a CTE of delivered rows that are a second, third … row of their key in one file and delivery. -#}
{% macro repeated_rows(cte, key) -%}
    {{ return(adapter.dispatch('repeated_rows')(cte, key)) }}
{%- endmacro %}

{% macro duckdb__repeated_rows(cte, key) -%}
    select *
    from {{ cte }}
    qualify row_number() over (
        partition by {{ key | join(', ') }}, src_filename, ingestion_ts
        order by src_row_number
    ) > 1
{%- endmacro %}


{#- The rows of a CTE of delivered rows whose key is in another file too, in every file but the first. -#}
{% macro keys_in_two_files(cte, key) -%}
    {{ rows_above_the_least(cte, 'src_filename', key) }}
{%- endmacro %}


{#- One kind of finding, as data_quality_log lists them: what it is called, the contract's name of the column, the
    column in staging that bears the value, and what makes a row a finding. -#}
{% macro kinds_of_findings() %}
    {{ return({
        'customers': [
            ['malformed_email', 'email', 'email', is_email_malformed('email')],
            ['impossible_latitude', 'latitude', 'latitude', is_latitude_impossible('latitude')],
            ['impossible_longitude', 'longitude', 'longitude', is_longitude_impossible('longitude')],
            ['missing_phone', 'phone', 'phone', 'phone is null'],
            ['missing_address', 'address_line1', 'address_line1', 'address_line1 is null'],
        ],
        'products': [
            ['missing_price', 'current_price', 'current_price', is_price_missing('current_price')],
            ['discontinued_without_date', 'discontinued_dt', 'discontinued_date', 'is_discontinued and discontinued_date is null'],
        ],
        'stores': [
            ['impossible_latitude', 'latitude', 'latitude', is_latitude_impossible('latitude')],
            ['impossible_longitude', 'longitude', 'longitude', is_longitude_impossible('longitude')],
        ],
        'suppliers': [
            ['negative_lead_time', 'lead_time_days', 'lead_time_days', 'lead_time_days < 0'],
        ],
        'orders_header': [
            ['unknown_customer_id', 'customer_id', 'customer_id', 'customer_id not in (select customer_id from ' ~ ref('customers') ~ ')'],
            ['unknown_store_id', 'store_id', 'store_id', 'store_id not in (select store_id from ' ~ ref('stores') ~ ')'],
        ],
        'orders_lines': [
            ['unknown_product_id', 'product_id', 'product_id', 'product_id not in (select product_id from ' ~ ref('products') ~ ')'],
            ['negative_qty', 'qty', 'quantity', is_not_positive('quantity')],
            ['missing_qty', 'qty', 'quantity', 'quantity is null'],
            ['implausible_amount', 'qty', 'quantity', is_amount_implausible('quantity', 'unit_price')],
            ['zero_price', 'unit_price', 'unit_price', is_not_positive('unit_price')],
            ['missing_unit_price', 'unit_price', 'unit_price', 'unit_price is null'],
            ['discount_out_of_range', 'line_discount_pct', 'discount_rate', is_share_impossible('discount_rate')],
            ['tax_out_of_range', 'tax_pct', 'tax_rate', is_share_impossible('tax_rate')],
        ],
        'exchange_rates': [
            ['rate_not_positive', 'rate_to_aud', 'rate_to_aud', is_not_positive('rate_to_aud')],
        ],
        'events': [
            ['malformed_event_ts', 'json', 'malformed_event_ts', 'malformed_event_ts is not null'],
            ['malformed_user_id', 'json', 'malformed_user_id', 'malformed_user_id is not null'],
        ],
        'sensors': [
            ['temperature_out_of_range', 'temperature_c', 'temperature_c', is_temperature_impossible('temperature_c')],
            ['humidity_out_of_range', 'humidity_pct', 'humidity_pct', is_humidity_impossible('humidity_pct')],
        ],
        'shipments': [
            ['delivered_before_shipped', 'delivered_at', 'delivered_at', 'delivered_at < shipped_at'],
        ],
        'returns': [
            ['qty_not_positive', 'qty', 'quantity', is_not_positive('quantity')],
        ],
    }) }}
{% endmacro %}


{#- The columns of a finding; `from` and `where` follow. -#}
{% macro finding(feed, code, contract_column, column, key) -%}
    select
        '{{ feed }}' as feed,
        '{{ code }}' as code,
        {{ joined_key(key) }} as row_key,
        '{{ contract_column }}' as column_name,
        cast({{ column }} as {{ text_type() }}) as delivered_value,
        ingestion_ts,
        src_filename,
        src_row_number
{%- endmacro %}
