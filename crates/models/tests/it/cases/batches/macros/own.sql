{% macro get_incremental_microbatch_sql(arg_dict) %}
  {%- set start = config.get('__dbt_internal_microbatch_event_time_start') -%}
  {%- set end = config.get('__dbt_internal_microbatch_event_time_end') -%}
  delete from {{ arg_dict['target_relation'] }} where moment >= '{{ start }}' and moment < '{{ end }}';
  insert into {{ arg_dict['target_relation'] }} by name
  select *, '{{ start.strftime("%Y/%m/%d") }} {{ model.batch.event_time_end.isoformat() }}' as said from {{ arg_dict['temp_relation'] }}
{% endmacro %}
