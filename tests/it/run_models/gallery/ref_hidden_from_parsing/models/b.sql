{% if execute %}
select * from {{ ref('a') }}
{% else %}
select 1
{% endif %}
