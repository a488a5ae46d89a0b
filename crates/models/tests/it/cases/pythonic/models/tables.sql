-- What templates do with the tables of agate.
{% if execute %}
{% set t = run_query("select * from (values (3, 'b', 1.25::decimal(9,2), date '2024-01-31'), (1, 'aa', null, null), (2, 'b', 10.5, date '2023-05-01'), (4, null, 1000, null)) v(n, label, price, day)") %}
{% set other = run_query("select * from (values (1, 'one'), (3, 'three'), (3, 'drei')) v(n, word)") %}
select
  $${{ t.order_by('n').columns['n'].values() }} {{ t.order_by('label').columns.n.values() }} {{ t.order_by('price', reverse=true).columns.n.values() }}$$ as a,
  $${{ t.order_by(['label', 'n']).columns.n.values() }} {{ t.where(is_large).columns.n.values() }} {{ t.find(is_large) | list }}$$ as b,
  $${{ t.distinct('label').columns.n.values() }} {{ t.distinct().rows | length }} {{ t.limit(2).rows | length }} {{ t.limit(1, 3).columns.n.values() }} {{ t.limit(0, 4, 2).columns.n.values() }} {{ t.limit(-1).columns.n.values() }}$$ as c,
  $${% for key, group in t.group_by('label').items() %}{{ key }}={{ group.columns.n.values() }};{% endfor %} {{ t.group_by('label').keys() }} {{ t.group_by('label').key_name }} {{ t.group_by('label')['b'].rows | length }} {{ t.group_by('label') | length }} {{ t.group_by('label').merge().column_names }} {{ t.group_by('label').merge().columns[1].values() }}$$ as d,
  $${{ t.group_by('label', 'g').limit(1).merge().columns['g'].values() }} {% for g in t.group_by('label').order_by('n') %}{{ g.columns.n.values() }}{% endfor %}$$ as e,
  $${{ t.rename(['a', 'b', 'c', 'd']).column_names }} {{ t.rename({'n': 'N N'}).column_names }} {{ t.rename({'n': 'N N', 'day': 'The Day!'}).rename(slug_columns=true).column_names }} {{ t.row_names }}$$ as f,
  $${{ t.join(other, 'n').columns['word'].values() }} {{ t.join(other, 'n', 'n', inner=true).columns.n.values() }} {{ t.join(other, 'n').column_names }} {{ t.join(other, 'n', full_outer=true).column_names }}$$ as g,
  $${{ t.normalize('n', ['label']).rows[0] | list }} {{ t.normalize('n', ['label', 'day']).columns['property'].values() }} {{ t.select(['label', 'n']).rename({'n': 'value', 'label': 'property'}).denormalize(none, 'property', 'value').column_names }}$$ as h,
  $${{ t.merge([t.select(['n', 'label']), other]).column_names }} {{ t.merge([t.select(['n']), other]).columns['word'].values() }}$$ as i,
  $${{ t.columns.n.values_sorted() }} {{ t.columns.label.values_sorted() }} {{ t.columns.label.values_without_nulls_sorted() }} {{ t.columns.price.values_without_nulls() }} {{ t.columns.n.values_distinct() | sort }}$$ as j,
  $${{ t }}$$ as k,
  $${{ t.group_by('label') }}$$ as l,
  $${{ t.rows[0].keys() }} {{ t.rows[0].items() | list }} {{ t.rows[0].get('nothing', 7) }} {{ t.columns.keys() }} {{ t.exclude('n').column_names }} {{ t.exclude(['n', 'day']).column_names }} {{ t.rows[1:3] | length }}$$ as m
{% else %}
select 1 as a
{% endif %}
