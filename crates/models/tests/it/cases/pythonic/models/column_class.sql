-- What columns say of themselves.
-- depends_on: {{ ref('dates') }}
{% set c = api.Column('a', 'varchar', 10) %}
{% set n = api.Column('n', 'numeric', none, 10, 2) %}
{% set d = api.Column.from_description('d', 'decimal(9,2)') %}
{% set s = api.Column('s', 'STRUCT(x INTEGER, y STRUCT(z DECIMAL(10,2), w VARCHAR))') %}
select
  $${{ c.data_type }} {{ c.string_size() }} {{ c.char_size }} {{ c.dtype }} {{ c.can_expand_to(api.Column('b', 'varchar')) }} {{ c.can_expand_to(api.Column('b', 'varchar', 5)) }} {{ c.can_expand_to(n) }} {{ c.literal('x') }}$$ as a,
  $${{ n.data_type }} {{ n.dtype }} {{ n.numeric_precision }} {{ n.numeric_scale }} {{ n.literal(1) }} {{ api.Column('n', 'numeric', none, 10).data_type }}$$ as b,
  $${{ d.data_type }} {{ d.dtype }} {{ d.is_numeric() }} {{ api.Column.from_description('v', 'character varying(12)').data_type }} {{ api.Column.from_description('v', 'integer').data_type }} {{ api.Column.create('a', 'string').dtype }}$$ as c,
  $${% for f in s.fields %}{{ f.name }} {{ f.dtype }};{% endfor %} {{ s.fields[1].fields | length }} {% for f in s.flatten() %}{{ f.name }} {{ f.dtype }};{% endfor %} {{ c.fields | length }} {{ s.is_struct() }}$$ as d
{% if execute %}{% set found = adapter.get_columns_in_relation(ref('dates')) %}, $${{ found[0].fields | length }}$$ as e{% endif %}
