-- depends_on: {{ ref('a') }}
{% set found = run_query('select x, y from ' ~ ref('a')) %}
{% if execute %}{% set n = found.columns[0].values()[0] %}{% set m = found.rows[0]['y'] %}{% else %}{% set n = 0 %}{% set m = 0 %}{% endif %}
{% call statement('count', fetch_result=True) %}select count(*) from {{ ref('a') }}{% endcall %}
select {{ n }} as n, {{ m }} as m, {{ load_result('count')['data'][0][0] if execute else 0 }} as c,
  '{{ columns_of(ref('a')) }}' as names, {{ greet() }} as hello, '{{ this }}' as me, '{{ target.name }}.{{ target.schema }}' as tgt
