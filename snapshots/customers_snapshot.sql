{% snapshot customers_snapshot %}

{{ config(schema='snapshots', unique_key='customer_address_key', strategy='timestamp', updated_at='ingestion_ts') }}

select * from {{ ref('customer_address_versions') }}

{% endsnapshot %}
