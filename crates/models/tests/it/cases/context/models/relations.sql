{%- set base = adapter.get_relation(this.database, this.schema, 'x_base_alias') -%}
{%- set made = api.Relation.create(database=this.database, schema=this.schema, identifier='x_base_alias', type='table') -%}
{%- set columns = adapter.get_columns_in_relation(ref('base')) -%}
-- depends_on: {{ ref('base') }}
{% if execute %}
select
  '{{ base }}' as found, '{{ base.type }}' as type, {{ base.is_table | int }} as is_table, '{{ made.include(database=false) }}' as shorter,
  '{{ made.quote(identifier=false, schema=false) }}' as unquoted, '{{ made.without_identifier() }}' as schema_only, '{{ made.render() }}' as rendered,
  '{{ made.incorporate(path={"identifier": "other"}, type="view") }}' as other, '{{ made.replace_path(schema="s") }}' as moved, {{ (base == made) | int }} as equal,
  {{ show(columns | map(attribute='name')) }} as names, {{ show(columns | map(attribute='data_type')) }} as types, {{ show(columns | map(attribute='dtype')) }} as dtypes,
  '{% for c in columns %}{{ c.is_string() | int }}{{ c.is_number() | int }}{{ c.is_float() | int }}{{ c.is_integer() | int }}{{ c.is_numeric() | int }} {% endfor %}' as kinds,
  '{{ api.Column.create('x', 'integer').quoted }}' as col, '{{ api.Column.translate_type('string') }}' as translated,
  '{{ adapter.quote('a b') }}' as quoted, '{{ adapter.type() }}' as adapter, '{{ this.database }}.{{ this.schema }}.{{ this.table }}' as this_parts,
  {{ adapter.check_schema_exists(this.database, this.schema) | int }} as there, {{ (adapter.get_relation(this.database, 'nowhere', 'x') is none) | int }} as absent
{% else %}select 1{% endif %}
