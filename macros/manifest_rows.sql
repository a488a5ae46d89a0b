{#- The rows of a table that `ingot load-bronze` keeps in the database, with these columns (name: type). Where it does not
    keep one, because it writes to another database, there are none. -#}
{%- macro manifest_rows(manifest, columns) -%}
    {%- if is_in_database(manifest) or not execute %}

    select
        {{ columns.keys() | join(',\n        ') }}
    from {{ manifest }}
    {%- else %}

    select
        {% for name, type in columns.items() -%}
        cast(null as {{ text_type() if type == 'varchar' else type }}) as {{ name }}{{ ',\n        ' if not loop.last }}
        {%- endfor %}
    where false
    {%- endif %}
{%- endmacro -%}

{%- macro is_in_database(relation) -%}
    {{- return(execute and adapter.get_relation(relation.database, relation.schema, relation.identifier) is not none) -}}
{%- endmacro -%}
