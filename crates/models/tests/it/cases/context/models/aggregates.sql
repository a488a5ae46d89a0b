select {{ dbt.listagg('name', "'|'", 'order by name desc') }} as l, {{ dbt.listagg('name', "'|'", 'order by name', 1) }} as l1, {{ dbt.any_value("'k'") }} as a, {{ dbt.bool_or('id = 2') }} as b
from {{ ref('base') }}
