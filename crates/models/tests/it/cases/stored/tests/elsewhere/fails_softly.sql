{{ config(severity='warn', store_failures_as='view') }}
select id, name from {{ ref('a') }} where id > 4
