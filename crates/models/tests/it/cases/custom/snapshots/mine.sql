{% snapshot mine %}
{{ config(unique_key='id', strategy='mine', target_schema='snaps') }}
select id, v from {{ ref('newest') }}
{% endsnapshot %}
