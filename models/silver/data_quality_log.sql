{#- Looked for in the rows as delivered, so that a defect which a later delivery heals stays on record. -#}
with repeated as (
{% for feed, relation, key in [
    ('customers', ref('stg_customers'), ['customer_id']),
    ('products', ref('stg_products'), ['product_id']),
    ('stores', ref('stg_stores'), ['store_id']),
    ('suppliers', ref('stg_suppliers'), ['supplier_id']),
    ('orders_header', ref('stg_orders_header'), ['order_id']),
    ('orders_lines', ref('stg_orders_lines'), ['order_id', 'line_number']),
] %}
    select
        '{{ feed }}' as feed,
        concat_ws('|', {{ key | join(', ') }}) as row_key,
        '{{ key | last }}' as column_name,
        cast({{ key | last }} as varchar) as delivered_value,
        ingestion_ts,
        src_filename,
        src_row_number
    from ({{ repeated_rows(relation, key) }})
    {% if not loop.last %}union all{% endif %}
{% endfor %}
),

shared_natural_keys as (

    -- Within a delivery, every number but the lowest that bears a natural key.
    select *
    from {{ ref('stg_customers') }}
    qualify customer_id > min(customer_id) over (partition by natural_key, src_filename, ingestion_ts)

),

shared_store_codes as (

    select *
    from {{ ref('stg_stores') }}
    qualify store_id > min(store_id) over (partition by store_code, src_filename, ingestion_ts)

),

orders_in_two_files as (

    -- The rows in every file but the first.
    select *
    from {{ ref('stg_orders_header') }}
    where order_id in (
        select order_id
        from {{ ref('stg_orders_header') }}
        group by order_id
        having count(distinct src_filename) > 1
    )
    qualify src_filename > min(src_filename) over (partition by order_id)

)

select
    feed,
    'duplicate_primary_key' as code,
    'defect' as severity,
    row_key,
    column_name,
    delivered_value,
    ingestion_ts,
    src_filename,
    src_row_number
from repeated

union all
{{ findings('customers', 'malformed_email', 'email', ref('stg_customers'), ['customer_id'], is_email_malformed('email')) }}
union all
{{ findings('customers', 'duplicate_natural_key', 'natural_key', 'shared_natural_keys', ['customer_id'], 'true') }}
union all
{{ findings('customers', 'impossible_latitude', 'latitude', ref('stg_customers'), ['customer_id'], is_latitude_impossible('latitude')) }}
union all
{{ findings('customers', 'impossible_longitude', 'longitude', ref('stg_customers'), ['customer_id'], is_longitude_impossible('longitude')) }}
union all
{{ findings('customers', 'missing_phone', 'phone', ref('stg_customers'), ['customer_id'], 'phone is null', severity='gap') }}
union all
{{ findings('customers', 'missing_address', 'address_line1', ref('stg_customers'), ['customer_id'], 'address_line1 is null', severity='gap') }}
union all
{{ findings('products', 'missing_price', 'current_price', ref('stg_products'), ['product_id'], is_price_missing('current_price')) }}
union all
{{ findings('products', 'discontinued_without_date', 'discontinued_dt', ref('stg_products'), ['product_id'], 'is_discontinued and discontinued_date is null', value='discontinued_date') }}
union all
{{ findings('stores', 'impossible_latitude', 'latitude', ref('stg_stores'), ['store_id'], is_latitude_impossible('latitude')) }}
union all
{{ findings('stores', 'impossible_longitude', 'longitude', ref('stg_stores'), ['store_id'], is_longitude_impossible('longitude')) }}
union all
{{ findings('stores', 'duplicate_store_code', 'store_code', 'shared_store_codes', ['store_id'], 'true') }}
union all
{{ findings('suppliers', 'negative_lead_time', 'lead_time_days', ref('stg_suppliers'), ['supplier_id'], 'lead_time_days < 0') }}
union all
{{ findings('orders_header', 'order_id_in_two_files', 'order_id', 'orders_in_two_files', ['order_id'], 'true') }}
union all
{{ findings('orders_header', 'unknown_customer_id', 'customer_id', ref('stg_orders_header'), ['order_id'],
    'customer_id not in (select customer_id from ' ~ ref('customers') ~ ')') }}
union all
{{ findings('orders_header', 'unknown_store_id', 'store_id', ref('stg_orders_header'), ['order_id'],
    'store_id not in (select store_id from ' ~ ref('stores') ~ ')') }}
union all
{{ findings('orders_lines', 'unknown_product_id', 'product_id', ref('stg_orders_lines'), ['order_id', 'line_number'],
    'product_id not in (select product_id from ' ~ ref('products') ~ ')') }}
union all
{{ findings('orders_lines', 'negative_qty', 'qty', ref('stg_orders_lines'), ['order_id', 'line_number'], is_not_positive('quantity'), value='quantity') }}
union all
{{ findings('orders_lines', 'missing_qty', 'qty', ref('stg_orders_lines'), ['order_id', 'line_number'], 'quantity is null', value='quantity') }}
union all
{{ findings('orders_lines', 'zero_price', 'unit_price', ref('stg_orders_lines'), ['order_id', 'line_number'], is_not_positive('unit_price')) }}
union all
{{ findings('orders_lines', 'missing_unit_price', 'unit_price', ref('stg_orders_lines'), ['order_id', 'line_number'], 'unit_price is null') }}
union all
{{ findings('orders_lines', 'discount_out_of_range', 'line_discount_pct', ref('stg_orders_lines'), ['order_id', 'line_number'], is_share_impossible('discount_rate'), value='discount_rate') }}
union all
{{ findings('orders_lines', 'tax_out_of_range', 'tax_pct', ref('stg_orders_lines'), ['order_id', 'line_number'], is_share_impossible('tax_rate'), value='tax_rate') }}
union all
{{ findings('sensors', 'temperature_out_of_range', 'temperature_c', ref('stg_sensors'), ['store_id', 'shelf_id', 'sensor_ts'], is_temperature_impossible('temperature_c')) }}
union all
{{ findings('sensors', 'humidity_out_of_range', 'humidity_pct', ref('stg_sensors'), ['store_id', 'shelf_id', 'sensor_ts'], is_humidity_impossible('humidity_pct')) }}
union all
{{ findings('shipments', 'delivered_before_shipped', 'delivered_at', ref('stg_shipments'), ['shipment_id'], 'delivered_at < shipped_at') }}
union all
{{ findings('returns', 'qty_not_positive', 'qty', ref('stg_returns'), ['return_id'], is_not_positive('quantity'), value='quantity') }}
