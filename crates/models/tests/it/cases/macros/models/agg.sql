select {{ dbt.listagg('x', "', '", 'order by x') }} as l, {{ dbt.listagg('x', "','", 'order by x', 1) }} as l1, {{ dbt.any_value('y') }} as a, {{ dbt.bool_or('x = 1') }} as b from {{ ref('a') }}
