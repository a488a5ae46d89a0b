{%- set nodes = [] -%}
{%- if execute -%}
{%- for node in graph.nodes.values() | selectattr('resource_type', 'equalto', 'model') | sort(attribute='name') -%}
  {%- do nodes.append(node.name ~ ':' ~ node.config.materialized ~ ':' ~ node.tags | join('+') ~ ':' ~ node.depends_on.nodes | length) -%}
{%- endfor -%}
{%- endif -%}
select {{ show(nodes) }} as nodes, '{{ model.name }} {{ model.unique_id }} {{ model.fqn | join('.') }} {{ model.path }} {{ model.original_file_path }}' as model,
  '{{ model.alias }} {{ model.config.meta.owner }} {{ config.get('materialized') }} {{ config.get('nothing', 'default') }}' as configs,
  {{ (selected_resources | length > 5) | int }} as selected, '{{ var('plain') }} {{ var('scoped') }} {{ var('absent', 'd') }} {{ var.has_var('plain') }}' as vars,
  '{{ env_var('INGOT_NOT_SET', 'fallback') }}' as env, '{{ project_name }}' as project, '{{ target.name }} {{ target.schema }} {{ target.type }} {{ target.threads }}' as target,
  '{{ invocation_args_dict.which }} {{ flags.WHICH }} {{ flags.FULL_REFRESH }} {{ execute }}' as flags, {{ (dbt_version.split('.')[0] | int) }} as dbt,
  '{{ builtins.ref('base') }}' as by_builtins, '{{ dbt_metadata_envs }}' as envs, '{{ tojson({'a': [1, none, true]}) }}' as json, '{{ fromjson('{"k": 2}').k }}' as from_json,
  '{{ fromyaml('a: [1, x]').a[1] }}' as from_yaml, '{{ set([3, 1, 3]) | length }} {{ zip([1, 2], ['a', 'b']) | list | length }}' as sets,
  '{{ modules.datetime.date(2024, 2, 28) + modules.datetime.timedelta(days=2) }} {{ modules.re.sub('b+', 'x', 'abba') }}' as modules, '{{ local_md5('x') }}' as md5
