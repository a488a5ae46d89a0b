{#- Looked for in the rows as delivered, so that a defect which a later delivery heals stays on record. What kinds
    there are is in macros/defects.sql.

    A small feed is read as it was delivered. A large one has a silver table that has done the work: for a key that was
    delivered once, the row in silver is the row delivered, and its flags say whether to look at it; only keys of
    which several rows were delivered are looked up in staging. -#}
{% set kinds = kinds_of_findings() %}
{% set small_feeds = {
    'customers': [ref('stg_customers'), ['customer_id']],
    'products': [ref('stg_products'), ['product_id']],
    'stores': [ref('stg_stores'), ['store_id']],
    'suppliers': [ref('stg_suppliers'), ['supplier_id']],
    'exchange_rates': [ref('stg_exchange_rates'), ['rate_date', 'currency']],
    'returns': [ref('stg_returns'), ['return_id']],
} %}
{% set large_feeds = {
    'orders_header': [
        ref('stg_orders_header'), ref('orders'), ['order_id'],
        ['is_unknown_customer = 1', 'is_unknown_store = 1'],
        ['customer_id', 'store_id'],
    ],
    'orders_lines': [
        ref('stg_orders_lines'), ref('order_lines'), ['order_id', 'line_number'],
        ['is_unknown_product = 1', 'is_quantity_invalid = 1', 'is_price_invalid = 1', 'is_rate_invalid = 1'],
        ['product_id', 'quantity', 'unit_price', 'discount_rate', 'tax_rate'],
    ],
    'events': [
        ref('stg_events'), ref('events'), ['event_id'],
        ['malformed_event_ts is not null', 'malformed_user_id is not null'],
        ['malformed_event_ts', 'malformed_user_id'],
    ],
    'sensors': [
        ref('stg_sensors'), ref('sensors'), ['store_id', 'shelf_id', 'sensor_ts'],
        ['is_temperature_out_of_range = 1', 'is_humidity_out_of_range = 1'],
        ['temperature_c', 'humidity_pct'],
    ],
    'shipments': [
        ref('stg_shipments'), ref('shipments'), ['shipment_id'],
        ['is_delivered_before_shipped = 1'],
        ['shipped_at', 'delivered_at'],
    ],
} %}
{#- Bronze follows the versions of returns: only in the others may a line stand twice. -#}
{% set may_not_repeat = ['returns'] %}
{#- A shipment comes again in a later file once it has arrived; orders have a finding of their own. -#}
{% set in_two_files = ['orders_header', 'shipments'] %}
{% set gaps = ['missing_phone', 'missing_address'] %}

with

{% for feed, (relation, key) in small_feeds.items() %}
delivered_{{ feed }} as {{ computed_once() }}(

    select *
    from {{ relation }}

),
{% endfor %}

{%- for feed, (staging, silver, key, flags, values) in large_feeds.items() %}
{%- set columns = key + values + ['ingestion_ts', 'src_filename', 'src_row_number'] %}
-- Rows of keys that were delivered more than once,
repeated_{{ feed }} as {{ computed_once() }}(

    select {{ columns | join(', ') }}
    from {{ staging }}
    semi join (
        select {{ key | join(', ') }}
        from {{ silver }}
        where delivered_rows > 1
    ) as repeated using ({{ key | join(', ') }})

),

-- and those of the others that bear a flag.
delivered_{{ feed }} as {{ computed_once() }}(

    select {{ columns | join(', ') }}
    from repeated_{{ feed }}
    union all
    select {{ columns | join(', ') }}
    from {{ silver }}
    where
        delivered_rows = 1
        and ({{ flags | join(' or ') }})

),
{% endfor %}

shared_natural_keys as (

    -- Within a delivery, every number but the lowest that bears a natural key.
    {{ rows_above_the_least('delivered_customers', 'customer_id', ['natural_key', 'src_filename', 'ingestion_ts']) }}

),

shared_store_codes as (

    {{ rows_above_the_least('delivered_stores', 'store_id', ['store_code', 'src_filename', 'ingestion_ts']) }}

),

orders_in_two_files as (

    {{ keys_in_two_files('repeated_orders_header', ['order_id']) }}

),

found as (

{% for feed in kinds %}
    {%- set is_large = feed in large_feeds %}
    {%- set key = large_feeds[feed][2] if is_large else small_feeds[feed][1] %}
    {%- for code, contract_column, column, condition in kinds[feed] %}
    {{ finding(feed, code, contract_column, column, key) }}
    from delivered_{{ feed }}
    where {{ condition }}
    union all
    {%- endfor %}
    {%- if feed not in may_not_repeat %}
    {{ finding(feed, 'duplicate_primary_key', key | last, key | last, key) }}
    from ({{ repeated_rows(('repeated_' if is_large else 'delivered_') ~ feed, key) }})
    union all
    {%- endif %}
    {%- if feed in large_feeds and feed not in in_two_files %}
    {{ finding(feed, 'key_in_two_files', key | last, key | last, key) }}
    from ({{ keys_in_two_files('repeated_' ~ feed, key) }})
    union all
    {%- endif %}
{% endfor %}
    {{ finding('customers', 'duplicate_natural_key', 'natural_key', 'natural_key', ['customer_id']) }}
    from shared_natural_keys
    union all
    {{ finding('stores', 'duplicate_store_code', 'store_code', 'store_code', ['store_id']) }}
    from shared_store_codes
    union all
    {{ finding('orders_header', 'order_id_in_two_files', 'order_id', 'order_id', ['order_id']) }}
    from orders_in_two_files

)

select
    feed,
    code,
    case when code in ('{{ gaps | join("', '") }}') then 'gap' else 'defect' end as severity,
    row_key,
    column_name,
    delivered_value,
    ingestion_ts,
    src_filename,
    src_row_number
from found
