{% macro note_run(results) %}
  {% if execute and results %}select {{ results | length }} as nodes;{% endif %}
{% endmacro %}
