{% snapshot order_history %}
{{ config(unique_key='order_id', strategy='timestamp', updated_at='changed_at') }}  -- HERE
select * from {{ ref('stg_orders') }}
{% endsnapshot %}
