-- Drivers misread other types: BOOLEAN arrives as text, HUGEINT as NUMERIC(38), TIMESTAMPTZ without its zone.
-- Every column of every relation in the schema, listed or not; the list only sees to it that all have been built.
{%- set relations = gold_relations() %}

select
    table_name,
    column_name,
    data_type
from duckdb_columns()
where
    database_name = current_database()
    and schema_name = 'gold'
    and not regexp_full_match(
        data_type,
        'INTEGER|BIGINT|DOUBLE|VARCHAR|DATE|TIMESTAMP|DECIMAL\((1[0-8]|[1-9]),[0-9]+\)'
    )
union all
select
    'gold' as table_name,
    null as column_name,
    'has fewer relations than models' as data_type
where (select count(distinct table_name) from duckdb_columns() where database_name = current_database() and schema_name = 'gold') < {{ relations | length }}
