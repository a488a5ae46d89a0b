{% snapshot check_ignore %}
{{ config(unique_key='id', strategy='check', check_cols=['v'], hard_deletes='ignore', schema='snap') }}
select * from {{ ref('src') }}
{% endsnapshot %}
{% snapshot time_ignore %}
{{ config(unique_key='id', strategy='timestamp', updated_at='changed_at', hard_deletes='ignore', target_schema='hist') }}
select * from {{ ref('src') }}
{% endsnapshot %}
