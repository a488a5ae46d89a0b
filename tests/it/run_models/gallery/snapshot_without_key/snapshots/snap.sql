{% snapshot snap %}
{{ config(strategy='check', check_cols='all', target_schema='main') }}
select 1 as id
{% endsnapshot %}
