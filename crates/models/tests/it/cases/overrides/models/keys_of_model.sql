{{ config(materialized='table', meta={'kept': none}) }}
-- depends_on: {{ ref('clock') }}
select '{{ model.config.get("incremental_strategy", "append") }}' as strategy,
       '{{ model.config.get("unique_key", "id") }}' as unique_key,
       '{{ model.get("group", "none at all") }}' as in_group,
       {{ 'group' in model }} as has_group, {{ model.version is defined }} as has_version,
       {{ 'data_type' in model.columns.id }} as has_type,
       '{{ model.config | list | sort | join(" ") }}' as configs,
       '{{ model.columns.id | list | sort | join(" ") }}' as of_column,
       '{{ model.refs | map("list") | map("sort") | list | tojson }}' as refs,
       '{{ model.config.meta | tojson }} {{ model.config.contract | list }} {{ model.config.docs | list }}' as parts,
       '{% if execute %}{{ graph.nodes[model.unique_id].config | list | sort | join(" ") }}{% endif %}' as in_graph
