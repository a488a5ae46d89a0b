{# How new rows get into an incremental table of DuckDB. The names DBT_INTERNAL_DEST, DBT_INTERNAL_SOURCE and
   DBT_INCREMENTAL_TARGET are those that predicates and conditions of models are written with. #}

{% macro normalize_string_or_list(raw, field_name) %}
  {%- if raw is none -%}{%- do return([]) -%}{%- endif -%}
  {%- if raw is string -%}{%- do return([raw]) -%}{%- endif -%}
  {%- if raw is mapping or raw is not sequence -%}
    {%- do exceptions.raise_compiler_error(field_name ~ ' must be a list of strings or a string, not ' ~ raw) -%}
  {%- endif -%}
  {%- if raw | rejectattr('strip', 'defined') | list -%}
    {%- do exceptions.raise_compiler_error(field_name ~ ' list values must be non-empty strings, unlike those of ' ~ raw) -%}
  {%- endif -%}
  {%- do return(raw | list) -%}
{% endmacro %}
{% macro normalize_incremental_predicates(incremental_predicates) %}
  {%- do return(normalize_string_or_list(incremental_predicates, 'incremental_predicates')) -%}
{% endmacro %}

{% macro duckdb__get_delete_insert_merge_sql(target, source, unique_key, dest_columns, incremental_predicates) %}
  {%- set names = get_quoted_csv(dest_columns | map(attribute='name')) -%}
  {%- set predicates = normalize_incremental_predicates(incremental_predicates) -%}
  {%- if unique_key and unique_key is not string -%}
    {%- set conditions = [] -%}
    {%- for key in unique_key -%}{%- do conditions.append(source ~ '.' ~ key ~ ' = DBT_INCREMENTAL_TARGET.' ~ key) -%}{%- endfor -%}
    delete from {{ target }} as DBT_INCREMENTAL_TARGET
    using {{ source }}
    where ({{ (conditions + predicates) | join(' and ') }});
  {% elif unique_key -%}
    delete from {{ target }}
    where ({{ unique_key }}) in (select ({{ unique_key }}) from {{ source }})
    {%- for predicate in predicates %} and {{ predicate }}{% endfor %};
  {% endif -%}
  insert into {{ target }} ({{ names }}) (select {{ names }} from {{ source }})
{% endmacro %}

{% macro duckdb__get_incremental_merge_sql(arg_dict) %}
  {%- do return(get_merge_sql(arg_dict.target_relation, arg_dict.temp_relation, arg_dict.unique_key, arg_dict.dest_columns, normalize_incremental_predicates(arg_dict.incremental_predicates))) -%}
{% endmacro %}

{% macro duckdb__get_merge_sql(target, source, unique_key, dest_columns, incremental_predicates=none) %}
  {%- do validate_merge_config(config, target) -%}
  {%- set header = config.get('sql_header', none) -%}
  {%- set clauses = config.get('merge_clauses') or {} -%}
  {%- set explicit = config.get('merge_update_columns') or config.get('merge_exclude_columns') or config.get('merge_update_set_expressions') -%}
  {%- set update = {
        'action': 'update', 'mode': 'explicit' if explicit else 'by_name', 'condition': config.get('merge_update_condition'),
        'update': {'include': config.get('merge_update_columns'), 'exclude': config.get('merge_exclude_columns'),
                   'set_expressions': config.get('merge_update_set_expressions')}} -%}
  {%- set insert = {'action': 'insert', 'mode': 'by_name', 'condition': config.get('merge_insert_condition')} -%}
  {{ header if header is not none }}
  merge into {{ target }} as DBT_INTERNAL_DEST
  using {{ source }} as DBT_INTERNAL_SOURCE
  {{ duckdb__merge_join_clause(unique_key, config.get('merge_on_using_columns'), normalize_incremental_predicates(incremental_predicates)) }}
  {%- for clause in clauses.get('when_matched', [update]) %}
  when matched {{- ingot__merge_condition(clause.get('condition')) }} then {{ ingot__merge_action(clause, dest_columns) }}
  {%- endfor %}
  {%- for clause in clauses.get('when_not_matched', [insert]) %}
  when not matched {{- ' by ' ~ clause.get('by') if clause.get('by') }} {{- ingot__merge_condition(clause.get('condition')) }} then {{ ingot__merge_action(clause, dest_columns) }}
  {%- endfor %}
  {%- set returned = config.get('merge_returning_columns') %}
  {{ 'returning ' ~ (returned if returned is string else returned | join(', ')) if returned }}
{% endmacro %}

{% macro duckdb__merge_join_clause(unique_key, merge_on_using_columns, incremental_predicates) %}
  {%- set predicates = incremental_predicates or [] -%}
  {%- if merge_on_using_columns -%}
    using ({{ merge_on_using_columns | join(', ') }}) {{- ' on (' ~ predicates | join(') and (') ~ ')' if predicates }}
  {%- else -%}
    {%- set keys = [] if not unique_key else ([unique_key] if unique_key is string else unique_key) -%}
    {%- set conditions = [] if keys else ['false'] -%}
    {%- for key in keys -%}{%- do conditions.append('DBT_INTERNAL_SOURCE.' ~ key ~ ' = DBT_INTERNAL_DEST.' ~ key) -%}{%- endfor -%}
    on ({{ (conditions + predicates) | join(') and (') }})
  {%- endif -%}
{% endmacro %}

{% macro ingot__merge_condition(condition) %}
  {%- if condition is string and condition %} and {{ condition }}
  {%- elif condition %} and ({{ condition | join(') and (') }})
  {%- endif -%}
{% endmacro %}

{# What one clause of a merge does. #}
{% macro ingot__merge_action(clause, dest_columns) %}
  {%- set action = clause.get('action') -%}
  {%- set mode = clause.get('mode') -%}
  {%- if action == 'delete' -%}delete
  {%- elif action == 'do_nothing' -%}do nothing
  {%- elif action == 'error' -%}
    error {{- " '" ~ adapter.escape_sql_string(clause.get('error_message')) ~ "'" if clause.get('error_message') }}
  {%- elif action in ['update', 'insert'] and mode in ['by_name', 'by_position'] -%}
    {{ action }} {{ mode | replace('_', ' ') }}
  {%- elif mode == 'star' -%}{{ 'update set *' if action == 'update' else 'insert *' }}
  {%- elif action == 'insert' -%}
    {%- set given = clause.get('insert') or {} -%}
    insert ({{ (given.get('columns') or []) | join(', ') }}) values ({{ (given.get('values') or []) | join(', ') }})
  {%- elif action == 'update' -%}
    {%- set given = clause.get('update') or {} -%}
    {%- set expressions = given.get('set_expressions') or clause.get('set_expressions') or {} -%}
    {%- set settings = [] -%}
    {%- for name, expression in expressions.items() -%}{%- do settings.append(name ~ ' = ' ~ expression) -%}{%- endfor -%}
    {%- if mode == 'explicit' -%}
      {%- for name in get_merge_update_columns(given.get('include'), given.get('exclude'), dest_columns) if name | replace('"', '') not in expressions -%}
        {%- do settings.append(name ~ ' = DBT_INTERNAL_SOURCE.' ~ name) -%}
      {%- endfor -%}
    {%- endif -%}
    update set {{ settings | join(', ') }}
  {%- else -%}
    {%- do exceptions.raise_compiler_error("a clause of merge_clauses has the action '" ~ action ~ "'; actions: update, insert, delete, do_nothing, error") -%}
  {%- endif -%}
{% endmacro %}

{# All that is wrong with the merge configs of a model, at once. #}
{% macro validate_merge_config(config, target_relation=none) %}
  {%- set errors = [] -%}
  {%- set texts = ['merge_update_condition', 'merge_insert_condition'] -%}
  {%- set lists = ['merge_on_using_columns', 'merge_update_columns', 'merge_exclude_columns', 'merge_returning_columns'] -%}
  {%- for key in texts if config.get(key) is not none and config.get(key) is not string -%}{%- do errors.append(key ~ ' must be a string, found: ' ~ config.get(key)) -%}{%- endfor -%}
  {%- for key in lists if config.get(key) is not none -%}
    {%- set value = config.get(key) -%}
    {%- if value is string or value is mapping or value is not sequence -%}{%- do errors.append(key ~ ' must be a list, found: ' ~ value) -%}
    {%- else -%}
      {%- for item in value if item is not string -%}{%- do errors.append(key ~ ' must hold texts alone, not ' ~ item) -%}{%- endfor -%}
    {%- endif -%}
  {%- endfor -%}
  {%- set expressions = config.get('merge_update_set_expressions') -%}
  {%- if expressions is not none and expressions is not mapping -%}{%- do errors.append('merge_update_set_expressions must be a dictionary, found: ' ~ expressions) -%}{%- endif -%}
  {%- set clauses = config.get('merge_clauses') -%}
  {%- if clauses is not none -%}
    {%- if clauses is not mapping -%}{%- do errors.append('merge_clauses must be a dictionary, found: ' ~ clauses) -%}
    {%- elif 'when_matched' not in clauses and 'when_not_matched' not in clauses -%}{%- do errors.append("merge_clauses must contain at least one of 'when_matched' or 'when_not_matched'") -%}
    {%- else -%}
      {%- for kind in ['when_matched', 'when_not_matched'] if kind in clauses -%}
        {%- set given = clauses[kind] -%}
        {%- if given is string or given is mapping or given is not sequence or not given -%}{%- do errors.append('merge_clauses.' ~ kind ~ ' must be a list with at least one clause, found: ' ~ given) -%}
        {%- else -%}
          {%- for clause in given if clause is not mapping -%}{%- do errors.append('merge_clauses.' ~ kind ~ ' elements must be dictionaries, found: ' ~ clause) -%}{%- endfor -%}
        {%- endif -%}
      {%- endfor -%}
      {%- for key in texts + ['merge_update_columns', 'merge_exclude_columns', 'merge_update_set_expressions'] if config.get(key) -%}
        {%- do errors.append(key ~ ' means nothing beside merge_clauses (basic merge configurations will be ignored); take it out') -%}
      {%- endfor -%}
    {%- endif -%}
  {%- endif -%}
  {%- if errors -%}{%- do exceptions.raise_compiler_error('the merge of this model is configured wrongly: ' ~ errors | join('; ')) -%}{%- endif -%}
{% endmacro %}

{# A batch replaces the rows of its own stretch of time. #}
{% macro duckdb__get_incremental_microbatch_sql(arg_dict) %}
  {%- set field = config.get('event_time') -%}
  {%- if not field -%}{%- do exceptions.raise_compiler_error("the microbatch strategy needs the config 'event_time', the column of time") -%}{%- endif -%}
  {%- if config.get('unique_key') -%}
    {%- do exceptions.raise_compiler_error("the microbatch strategy replaces whole batches and does not support 'unique_key'; take it out, or use incremental_strategy='merge'") -%}
  {%- endif -%}
  {%- set batch = model.get('batch') -%}
  {%- if not batch -%}{%- do exceptions.raise_compiler_error('the microbatch strategy was called outside a batch') -%}{%- endif -%}
  {%- set in_batch = field ~ " >= '" ~ batch.event_time_start ~ "' and " ~ field ~ " < '" ~ batch.event_time_end ~ "'" -%}
  {%- set names = get_quoted_csv(arg_dict.dest_columns | map(attribute='name')) -%}
  {%- set text -%}
    delete from {{ arg_dict.target_relation }}
    where {{ in_batch }}
    {%- for predicate in normalize_incremental_predicates(arg_dict.incremental_predicates) %} and ({{ predicate }}){% endfor %};
    insert into {{ arg_dict.target_relation }} ({{ names }})
    select {{ names }} from {{ arg_dict.temp_relation }}
    where {{ in_batch }};
  {%- endset -%}
  {%- do return(text) -%}
{% endmacro %}

{% macro duckdb__alter_relation_add_remove_columns(relation, add_columns, remove_columns) %}
  {%- for column in (add_columns or []) -%}
    {%- do run_query('alter ' ~ (relation.type or 'table') ~ ' ' ~ relation ~ ' add column ' ~ adapter.quote_as_configured(column.name, 'identifier') ~ ' ' ~ column.data_type) -%}
  {%- endfor -%}
  {%- for column in (remove_columns or []) -%}
    {%- do run_query('alter ' ~ (relation.type or 'table') ~ ' ' ~ relation ~ ' drop column ' ~ adapter.quote_as_configured(column.name, 'identifier')) -%}
  {%- endfor -%}
{% endmacro %}
