{% snapshot order_history %}
{{ config(unique_key='order_id', strategy='check', check_cols=['amount'], hard_deletes='new_record') }}
select order_id, cast(case when order_id = 1 then amount + {{ var('upto', 2) }} else amount end as decimal(12,2)) as amount
from {{ ref('stg_orders') }}
where order_id <> {{ var('gone', 0) }}
{% endsnapshot %}
