{{ config(materialized='incremental', incremental_strategy='insert_overwrite') }}
select order_id, customer from {{ ref('stg_orders') }} where order_id <= {{ var('upto', 2) }}
{% if is_incremental() %} and order_id > 1 {% endif %}
