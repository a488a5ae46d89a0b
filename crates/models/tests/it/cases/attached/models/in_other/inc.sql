{{ config(materialized='incremental', unique_key='id', incremental_strategy='delete+insert') }}
select id, '{{ is_incremental() }}' as again, '{{ this }}' as here from {{ ref('a') }}
