select id, name, city, dbt_valid_to is null as is_current from {{ ref('people_described') }}
