{#
  A comment
  of several lines.
#}
{% if true -%}

    select order_id,

{%- endif %}

    statsu  -- HERE
from {{ ref('stg_orders') }}
