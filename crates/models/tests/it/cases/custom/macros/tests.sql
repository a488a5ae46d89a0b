{% test at_least(model, column_name, least=1, group_by=[], strict=true) %}
{{ config(severity='warn') }}
{%- set by = group_by | join(', ') -%}
select {{ by ~ ', ' if by }} count({{ column_name }}) as n from {{ model }} {{ 'group by ' ~ by if by }} having count({{ column_name }}) {{ '<' if strict else '<=' }} {{ least }}
{% endtest %}
{% test same_as(model, other, where=none) %}
select * from {{ model }} except select * from {{ other }} {% if where %}where {{ where }}{% endif %}
{% endtest %}
