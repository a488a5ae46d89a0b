{% snapshot s %}{{ config(strategy='check', check_cols='all') }}select * from {{ ref('a') }}{% endsnapshot %}
