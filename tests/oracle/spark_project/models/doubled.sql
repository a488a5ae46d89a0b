{{ config(materialized='ephemeral') }}
select order_id, amount * 2 as twice from {{ ref('stg_orders') }}
