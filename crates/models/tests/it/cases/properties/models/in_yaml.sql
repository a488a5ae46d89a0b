select 1 as id, '{{ config.get("unique_key") }}|{{ config.get("own_key", "absent") }}|{{ config.get("schema") }}' as said
