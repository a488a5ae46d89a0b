{# Foreign keys and indexes. DuckDB neither renames nor drops a table that a foreign key refers to, nor renames one that
   has an index or a foreign key of its own; so such tables are replaced in other ways than by swapping names. #}

{% macro enforced_constraint_types() %}
  {%- set types = [] -%}
  {%- set contract = config.get('contract') -%}
  {%- if contract and contract.enforced -%}
    {%- for constraint in model.get('constraints') or [] -%}{%- do types.append(constraint.type) -%}{%- endfor -%}
    {%- for column in (model.get('columns') or {}).values() -%}
      {%- for constraint in column.get('constraints') or [] -%}{%- do types.append(constraint.type) -%}{%- endfor -%}
    {%- endfor -%}
  {%- endif -%}
  {%- do return(types) -%}
{% endmacro %}
{% macro existing_constraint_types(relation) %}
  {%- do return(adapter.existing_key_constraint_types(relation) if relation is not none and relation.is_table else []) -%}
{% endmacro %}
{% macro has_foreign_key_constraints(relation=none) %}
  {%- do return('foreign_key' in enforced_constraint_types() + existing_constraint_types(relation)) -%}
{% endmacro %}
{% macro may_be_foreign_key_target(relation=none) %}
  {%- set types = enforced_constraint_types() + existing_constraint_types(relation) -%}
  {%- do return('primary_key' in types or 'unique' in types) -%}
{% endmacro %}

{% macro drop_indexes_on_relation(relation) %}
  {%- if adapter.ingot_has_indexes(relation) -%}
    {%- set found = run_query("select index_name from duckdb_indexes() where database_name = '" ~ relation.database ~ "' and schema_name = '" ~ relation.schema ~ "' and table_name = '" ~ relation.identifier ~ "'") -%}
    {%- for row in found -%}
      {%- do run_query('drop index ' ~ api.Relation.create(database=relation.database, schema=relation.schema, identifier=row[0])) -%}
    {%- endfor -%}
  {%- endif -%}
{% endmacro %}

{# Tables whose foreign keys lead to `relation`, the furthest first, are dropped, and their rows kept aside. Only such are
   dropped as this run builds again later; anything else is an error, so no data is lost. #}
{% macro drop_foreign_key_dependents(relation) %}
  {%- set found = run_query("
    with recursive links as (
      select table_name as child, referenced_table as parent from duckdb_constraints()
      where constraint_type = 'FOREIGN KEY' and lower(table_name) <> lower(referenced_table)
        and lower(database_name) = lower('" ~ adapter.escape_sql_string(relation.database) ~ "') and lower(schema_name) = lower('" ~ adapter.escape_sql_string(relation.schema) ~ "')
    ),
    below(name, depth) as (
      select child, 1 from links where lower(parent) = lower('" ~ adapter.escape_sql_string(relation.identifier) ~ "')
      union
      select links.child, below.depth + 1 from links join below on lower(links.parent) = lower(below.name)
    )
    select name, max(depth) as depth from below group by name order by depth desc, name") -%}
  {%- set kept = [] -%}
  {%- for row in found -%}
    {%- set name = row[0] -%}
    {%- set builders = [] -%}
    {%- for node in graph.nodes.values() if node.resource_type == 'model' and node.schema | lower == relation.schema | lower and node.alias | lower == name | lower -%}
      {%- do builders.append(node) -%}
    {%- endfor -%}
    {%- set node = builders | first -%}
    {%- set problem = none -%}
    {%- if not builders -%}{%- set problem = 'no model of this project builds it' -%}
    {%- elif node.unique_id not in selected_resources -%}{%- set problem = 'its model is not selected in this run' -%}
    {%- elif not node.depends_on.nodes -%}{%- set problem = 'its model does not ref() the table its key leads to (write `to: ref(...)` in the constraint)' -%}
    {%- elif node.config.materialized != 'table' and not (node.config.materialized == 'incremental' and (flags.FULL_REFRESH if node.config.full_refresh is none else node.config.full_refresh)) -%}
      {%- set problem = 'its model is ' ~ node.config.materialized ~ ' and would lose its rows (run with --full-refresh)' -%}
    {%- endif -%}
    {%- if problem -%}
      {%- do exceptions.raise_compiler_error(relation ~ ' cannot be replaced, because a foreign key of ' ~ name ~ ' leads to it, and ' ~ problem) -%}
    {%- endif -%}
    {%- set dependent = api.Relation.create(database=relation.database, schema=relation.schema, identifier=name, type='table') -%}
    {%- set aside = dependent.incorporate(path={'identifier': name ~ '__dbt_fk_backup'}) -%}
    {%- do run_query('drop table if exists ' ~ aside) -%}
    {%- do run_query('create table ' ~ aside ~ ' as select * from ' ~ dependent) -%}
    {%- do run_query('drop table ' ~ dependent) -%}
    {%- do kept.append({'relation': dependent, 'backup': aside}) -%}
  {%- endfor -%}
  {%- do return(kept) -%}
{% endmacro %}
{# Until their models are built again, the rows are there without their keys. #}
{% macro restore_foreign_key_dependents(dropped) %}
  {%- for item in (dropped or []) | reverse -%}
    {%- do run_query('alter table ' ~ item.backup ~ ' rename to ' ~ adapter.quote(item.relation.identifier)) -%}
  {%- endfor -%}
{% endmacro %}

{# Drops a table within the model's transaction, so that it can be built again under its own name. #}
{% macro drop_relation_for_rebuild(relation) %}
  {%- do adapter.ensure_transaction() -%}
  {%- set kept = drop_foreign_key_dependents(relation) if relation.is_table and may_be_foreign_key_target(relation) else [] -%}
  {%- do adapter.drop_relation(relation) -%}
  {%- do return(kept) -%}
{% endmacro %}
