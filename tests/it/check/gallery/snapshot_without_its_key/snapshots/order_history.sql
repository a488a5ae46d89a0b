{% snapshot order_history %}
{{ config(unique_key='id', strategy='timestamp', updated_at='ordered_at') }}  -- HERE
select * from {{ ref('stg_orders') }}
{% endsnapshot %}
