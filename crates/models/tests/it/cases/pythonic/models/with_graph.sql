{%- set names = [] -%}
{%- if execute -%}
{%- for node in graph.nodes.values() | selectattr('resource_type', 'equalto', 'model') | sort(attribute='name') -%}{%- do names.append(node.name ~ ':' ~ node.config.materialized ~ ':' ~ node.depends_on.nodes | length) -%}{%- endfor -%}
{%- for source in graph.sources.values() -%}{%- do names.append(source.source_name ~ '.' ~ source.name) -%}{%- endfor -%}
{%- endif -%}
{%- call(x, y=2) caller_user('arg') -%}{{ x }}/{{ y }}{%- endcall %}
select $${{ names | join(' ') }}$$ as names, '{{ caller_user2() }}' as c2
