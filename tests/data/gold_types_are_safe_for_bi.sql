-- Drivers misread other types: BOOLEAN arrives as text, HUGEINT as NUMERIC(38), TIMESTAMPTZ without its zone.
-- depends_on: {{ ref('dim_date') }}
-- depends_on: {{ ref('dim_customer') }}
-- depends_on: {{ ref('dim_product') }}
-- depends_on: {{ ref('dim_store') }}
-- depends_on: {{ ref('fct_sales') }}
-- depends_on: {{ ref('dim_supplier') }}
-- depends_on: {{ ref('fct_shipments') }}
-- depends_on: {{ ref('fct_returns') }}

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
