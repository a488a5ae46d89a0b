{{ config(materialized='incremental', incremental_strategy='append') }}
select order_id, amount from {{ ref('stg_orders') }}
where order_id <= {{ var('upto', 2) }}
{% if is_incremental() %} and order_id > (select max(order_id) from {{ this }}) {% endif %}
