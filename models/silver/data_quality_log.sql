{#- Looked for in the rows as delivered, so that a defect which a later delivery heals stays on record.
    What kinds there are is in macros/defects.sql. -#}
{% set kinds = kinds_of_findings() %}
{% set feeds = {
    'customers': [ref('stg_customers'), ['customer_id']],
    'products': [ref('stg_products'), ['product_id']],
    'stores': [ref('stg_stores'), ['store_id']],
    'suppliers': [ref('stg_suppliers'), ['supplier_id']],
    'orders_header': [ref('stg_orders_header'), ['order_id']],
    'orders_lines': [ref('stg_orders_lines'), ['order_id', 'line_number']],
    'sensors': [ref('stg_sensors'), ['store_id', 'shelf_id', 'sensor_ts']],
    'shipments': [ref('stg_shipments'), ['shipment_id']],
    'returns': [ref('stg_returns'), ['return_id']],
} %}
{#- Feeds of CSV files, in which a line may stand twice. -#}
{% set may_repeat = ['customers', 'products', 'stores', 'suppliers', 'orders_header', 'orders_lines'] %}
{% set gaps = ['missing_phone', 'missing_address'] %}

with

{% for feed, (relation, key) in feeds.items() %}
-- Each feed is read once; the kinds of findings are told apart in what is left of it.
suspects_in_{{ feed }} as materialized (

    select *
    from {{ relation }}
    where
        false
        {%- for code, contract_column, column, condition in kinds[feed] %}
        or {{ condition }}
        {%- endfor %}

),
{% endfor %}

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
        having min(src_filename) <> max(src_filename)
    )
    qualify src_filename > min(src_filename) over (partition by order_id)

),

found as (

{% for feed, (relation, key) in feeds.items() %}
    {%- for code, contract_column, column, condition in kinds[feed] %}
    {{ finding(feed, code, contract_column, column, key) }}
    from suspects_in_{{ feed }}
    where {{ condition }}
    union all
    {%- endfor %}
    {%- if feed in may_repeat %}
    {{ finding(feed, 'duplicate_primary_key', key | last, key | last, key) }}
    from ({{ repeated_rows(relation, key) }})
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
