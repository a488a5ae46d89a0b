{% snapshot kept_over_time %}{{ config(unique_key=none, strategy=none) }}select 1 as id, 'a' as v{% endsnapshot %}
