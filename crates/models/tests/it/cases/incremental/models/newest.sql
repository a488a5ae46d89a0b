{{ config(materialized='incremental', unique_key=['id', 'k']) }}
select id, 1 as k from {{ ref('src') }}
{% if is_incremental() %} where id > (select max(id) from {{ this }}) {% endif %}
