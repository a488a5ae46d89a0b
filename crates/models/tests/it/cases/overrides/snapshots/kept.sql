{% snapshot kept %}
{{ config(unique_key='id', strategy='check', check_cols=['name'], target_schema='main') }}
select id, name from {{ ref('names') }}
{% endsnapshot %}
