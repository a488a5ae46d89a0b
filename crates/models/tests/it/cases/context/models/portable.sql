select
  {{ dbt.dateadd('day', 1, 'day') }} as d1, {{ dbt.dateadd('quarter', -1, 'moment') }} as d2, {{ dbt.dateadd(datepart='week', interval='id', from_date_or_timestamp='moment') }} as d3,
  {{ dbt.datediff('day', 'moment', 'day') }} as f1, {{ dbt.datediff("'2024-01-06'::date", "'2024-01-07'::date", 'week') }} as f2, {{ dbt.datediff('moment', 'day', 'month') }} as f3,
  {{ dbt.date_trunc('month', 'day') }} as t1, {{ dbt.last_day('day', 'month') }} as l1, {{ dbt.last_day('day', 'quarter') }} as l2, {{ dbt.last_day('day', 'year') }} as l3,
  {{ dbt.safe_cast('id', api.Column.translate_type('string')) }} as c1, {{ dbt.cast('id', 'varchar') }} as c2, {{ dbt.concat(['name', "'-'", 'id']) }} as c3,
  {{ dbt.hash('name') }} as h, {{ dbt.length('name') }} as n, {{ dbt.position("'b'", 'name') }} as p, {{ dbt.replace('name', "'a'", "'z'") }} as r, {{ dbt.right('name', 1) }} as ri,
  {{ dbt.split_part("'a-b-c'", "'-'", 2) }} as s, {{ dbt.string_literal('it') }} as lit, {{ dbt.escape_single_quotes("it's") | length }} as esc,
  cast(1 as {{ dbt.type_int() }}) as ti, cast(1 as {{ dbt.type_bigint() }}) as tb, cast(1 as {{ dbt.type_numeric() }}) as tn, cast(1 as {{ dbt.type_float() }}) as tf,
  cast('x' as {{ dbt.type_string() }}) as ts, cast(true as {{ dbt.type_boolean() }}) as tbo, cast(moment as {{ dbt.type_timestamp() }}) as tt,
  {{ dbt.array_construct(['1', '2']) }} as a1, {{ dbt.array_append('[1]', '2') }} as a2, {{ dbt.array_concat('[1]', '[2]') }} as a3, {{ dbt.date(2024, 2, 3) }} as dd,
  {{ dbt.cast_bool_to_text('id = 1') }} as cb, {{ dbt.equals('nothing', 'nothing') }} as eq
from {{ ref('base') }}
{{ dbt.except() }} select null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null where false
