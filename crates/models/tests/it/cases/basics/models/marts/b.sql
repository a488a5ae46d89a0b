{%- set kinds = ['x', 'y'] -%}
select id,
{%- for kind in kinds %}
  sum(case when kind = '{{ kind }}' then 1 else 0 end) as n_{{ kind }}{{ "," if not loop.last }}
{%- endfor %}
from {{ ref('basics_case', 'a') }} group by id
