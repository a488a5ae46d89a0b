{% set condition %}
    totl > 0
{% endset %}
select order_id
from {{ ref('stg_orders') }}
where {{ condition }}  -- HERE
