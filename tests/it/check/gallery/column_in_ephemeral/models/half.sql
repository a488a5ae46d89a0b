{{ config(materialized='ephemeral') }}
select
    order_id,
    amuont as total  -- HERE
from {{ ref('stg_orders') }}
