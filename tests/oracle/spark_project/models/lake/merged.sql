{{ config(materialized='incremental', incremental_strategy='merge', unique_key='order_id', merge_exclude_columns=['first_seen']) }}
select order_id, amount + {{ var('upto', 2) }} as amount, {{ var('upto', 2) }} as first_seen
from {{ ref('stg_orders') }} where order_id <= {{ var('upto', 2) }}
