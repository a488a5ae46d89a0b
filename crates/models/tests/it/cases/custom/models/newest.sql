{{ config(materialized='incremental', incremental_strategy='newest', unique_key='id') }}
select 1 as id, 'a' as v {% if is_incremental() %} union all select (select max(id) + 1 from {{ this }}), 'b'{% endif %}
