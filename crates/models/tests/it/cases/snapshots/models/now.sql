select id, v from {{ ref('check_ignore') }} where dbt_valid_to is null
