{% snapshot products_snapshot %}

{{ config(schema='snapshots', unique_key='product_version_key', strategy='timestamp', updated_at='ingestion_ts') }}

select * from {{ ref('product_versions') }}

{% endsnapshot %}
