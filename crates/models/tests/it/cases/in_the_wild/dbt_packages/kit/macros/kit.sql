{% macro size() %}{{ return(var('kit_size') | int) }}{% endmacro %}
{% macro about() %}
  {%- set config = builtins.ref.config -%}
  {{ return(config.project_name ~ ' ' ~ config.dependencies['kit'].version ~ ' ' ~ config.vars.to_dict()['plain']) }}
{% endmacro %}
{% macro shorten(text, length) %}{{ return(adapter.dispatch('shorten', 'no_such_package')(text, length)) }}{% endmacro %}
{% macro default__shorten(text, length) %}left({{ text }}, {{ length }}){% endmacro %}
