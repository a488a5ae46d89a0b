{% snapshot check_new_record %}
{{ config(unique_key='id', strategy='check', check_cols=['v'], hard_deletes='new_record', schema='snap') }}
select * from {{ ref('src') }}
{% endsnapshot %}
{% snapshot time_new_record %}
{{ config(unique_key='id', strategy='timestamp', updated_at='changed_at', hard_deletes='new_record', target_schema='hist') }}
select * from {{ ref('src') }}
{% endsnapshot %}
