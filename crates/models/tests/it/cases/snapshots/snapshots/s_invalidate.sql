{% snapshot check_invalidate %}
{{ config(unique_key='id', strategy='check', check_cols=['v'], hard_deletes='invalidate', schema='snap') }}
select * from {{ ref('src') }}
{% endsnapshot %}
{% snapshot time_invalidate %}
{{ config(unique_key='id', strategy='timestamp', updated_at='changed_at', hard_deletes='invalidate', target_schema='hist') }}
select * from {{ ref('src') }}
{% endsnapshot %}
