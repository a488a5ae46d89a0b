{%- set got = returns_dict() -%}
{%- set q = run_query("select 1 as a, 'x' as b union all select 2, null order by 1") -%}
select {{ got.list | sum }} as s, '{{ got.none is none }}' as n, {{ recursive(4) }} as r, {{ early() }} as e
{%- if execute %}, $${{ q.column_names | list }} {{ q.columns[0].values() | list }} {{ q.rows[1][0] }} {{ q.rows[0]['b'] }} {{ q | length }} {{ q.columns['b'].values() }} {{ q.rows | map(attribute='a') | list }} {{ q.columns[0].name }}{% for row in q %}{{ row.a }}{{ row['b'] }};{% endfor %}$$ as agate
, $${{ dbt_utils_like() if dbt_utils_like is defined else 'undefined is fine' }}$$ as u, $${{ adapter.quote('x') }} {{ adapter.type() }} {{ api.Column.create('a', 'varchar').quoted }} {{ api.Column('n', 'numeric', none, 10, 2).data_type }} {{ exceptions.warn('careful') or '' }}$$ as ad
{%- endif %}
