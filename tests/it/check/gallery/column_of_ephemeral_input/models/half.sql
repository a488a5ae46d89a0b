{{ config(materialized='ephemeral') }}
select order_id, amount as total
from {{ ref('stg_orders') }}
