{% macro get_incremental_newest_sql(arg_dict) %}
  {%- set columns = arg_dict['dest_columns'] | map(attribute='name') | join(', ') -%}
  delete from {{ arg_dict['target_relation'] }} where {{ arg_dict['unique_key'] }} < (select max({{ arg_dict['unique_key'] }}) from {{ arg_dict['temp_relation'] }});
  insert into {{ arg_dict['target_relation'] }} ({{ columns }}) select {{ columns }} from {{ arg_dict['temp_relation'] }}
{% endmacro %}
{% macro snapshot_mine_strategy(node, snapshotted_rel, current_rel, model_config, target_exists) %}
  {%- set key = config.get('unique_key') -%}
  {{ return({
    'unique_key': key, 'updated_at': "timestamp '2024-06-01'", 'row_changed': '(' ~ snapshotted_rel ~ '.v is distinct from ' ~ current_rel ~ '.v)',
    'scd_id': "md5(" ~ key ~ "::varchar)", 'hard_deletes': 'ignore', 'invalidate_hard_deletes': false}) }}
{% endmacro %}
