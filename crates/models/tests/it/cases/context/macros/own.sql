{% macro default__concat(fields) %}concat_ws('', {{ fields | join(', ') }}){% endmacro %}
{% macro generate_alias_name(custom_alias_name=none, node=none) %}{{ 'x_' ~ (custom_alias_name or node.name) }}{% endmacro %}
{% macro show(values) %}{% do return("'" ~ values | join(',') | replace("'", '') ~ "'") %}{% endmacro %}
