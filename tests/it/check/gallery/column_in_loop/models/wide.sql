select
    order_id
{%- for name in ['status', 'amout'] %}
    , max({{ name }}) as max_{{ name }}  -- HERE
{%- endfor %}
from {{ ref('stg_orders') }}
group by order_id
