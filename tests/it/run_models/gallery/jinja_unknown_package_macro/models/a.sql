select {{ dbt_utils.star('b') }}
