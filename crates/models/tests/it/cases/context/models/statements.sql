-- depends_on: {{ ref('base') }}
{%- call statement('counted', fetch_result=True) -%}select count(*) as n, max(name) as m from {{ ref('base') }}{%- endcall -%}
{%- set result = load_result('counted') -%}
{% if execute %}
select {{ result['data'][0][0] }} as n, '{{ result['table'].columns['m'].values()[0] }}' as m, '{{ result.response }}' as response
{% else %}select 1{% endif %}
