-- depends_on: {{ ref('base') }}
{% if execute %}
select count(*) as n from {{ ref('base') }}
{% else %}
select 0
{% endif %}
