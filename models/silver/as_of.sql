select
    {%- if var('as_of_date') %}
    date '{{ var('as_of_date') }}' as as_of_date
    {%- else %}
    max(order_date) as as_of_date
from {{ ref('orders') }}
    {%- endif %}
