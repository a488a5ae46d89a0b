{{ config(unique_key=none, schema=none, alias=none, own_key=none, materialized='table') }}
select 1 as id, '{{ config.get("unique_key") }}|{{ config.get("own_key", "absent") }}|{{ config.get("alias") }}' as said
