{% set found = run_query('select id, name, amount, day from ' ~ ref('base') ~ ' order by id') %}
{% if execute %}
  {% set names = found.columns[1].values() %}
  {% set first = found.rows[0] %}
  select {{ show(names) }} as names, '{{ first.name }}' as by_name, {{ first['amount'] }} as by_key, {{ found.rows | length }} as n,
    {{ show(found.column_names) }} as columns, '{{ found.columns['day'].values()[0] }}' as day,
    '{{ found.rename({'name': 'title'}).column_names | join(' ') }}' as renamed,
    {{ found.columns.keys() | list | length }} as keys, '{{ first.dict() | length }}' as dict, '{{ first.values() | length }}' as vals
    {% for row in found %}, {{ row[0] }} as r{{ loop.index }}{% endfor %}
    {% for row in found.rows if row.id > 1 %}, '{{ row.get('name') }}' as last{% endfor %}
{% else %}
  select 1
{% endif %}
