"""Reads lake/silver and lake/gold as other people's tools do (Delta by `deltalake`, plain Parquet by `pyarrow` and by `duckdb`) and
compares rows and columns with the tables of the warehouse. Prints a line a schema; ends with 1 if anything differs.

usage: read_copies.py LAKE WAREHOUSE.duckdb      needs: deltalake pyarrow duckdb
"""
import pathlib
import sys

import duckdb
import pyarrow.dataset as dataset
from deltalake import DeltaTable


def main() -> int:
    lake, warehouse = pathlib.Path(sys.argv[1]), sys.argv[2]
    connection = duckdb.connect(warehouse, read_only=True)
    # Moments have no zone in the warehouse and are in UTC in the lake.
    connection.execute("set timezone = 'UTC'")
    problems = []
    for schema in ["silver", "gold"]:
        tables = [
            row[0]
            for row in connection.sql(
                f"select table_name from duckdb_tables() where schema_name = '{schema}' order by 1"
            ).fetchall()
        ]
        rows = 0
        if not tables:
            problems.append(f"{schema}: no tables in the warehouse")
        for side in ["delta", "parquet"]:
            found = sorted(path.name for path in (lake / schema / side).iterdir() if not path.name.startswith("."))
            if found != tables:
                problems.append(f"{schema}/{side}: {sorted(set(found) ^ set(tables))} are on one side only")
        for table in tables:
            delta, parquet = lake / schema / "delta" / table, lake / schema / "parquet" / table
            rows += connection.sql(f"select count(*) from {schema}.{table}").fetchall()[0][0]
            columns = connection.sql(f"describe {schema}.{table}").fetchall()
            readers = {
                "deltalake": DeltaTable(delta).to_pyarrow_dataset(),
                "pyarrow": dataset.dataset(parquet, format="parquet"),
                "duckdb": None,
            }
            for reader, content in readers.items():
                where = f"{schema}.{table} by {reader}"
                if content is None:
                    source = f"read_parquet('{parquet}/**/*.parquet')"
                else:
                    connection.register("copied", content.to_table())
                    source = "copied"
                names = [row[0] for row in connection.sql(f"describe from {source}").fetchall()]
                if names != [column[0] for column in columns]:
                    problems.append(f"{where}: other columns: {names}")
                    continue
                copied = ", ".join(
                    f'timezone(\'UTC\', cast("{name}" as timestamptz)) as "{name}"' if kind == "TIMESTAMP" else f'"{name}"'
                    for name, kind, *_ in columns
                )
                own = ", ".join(f'"{name}"' for name, *_ in columns)
                for word, one, other in [
                    ("missing", f"select {own} from {schema}.{table}", f"select {copied} from {source}"),
                    ("too many", f"select {copied} from {source}", f"select {own} from {schema}.{table}"),
                ]:
                    count = connection.sql(f"select count(*) from ({one} except all {other})").fetchall()[0][0]
                    if count:
                        problems.append(f"{where}: {count} rows {word}")
        print(f"{schema:7} {len(tables):>3} tables, {rows} rows: each as deltalake, pyarrow and duckdb read it")
    for problem in problems:
        print(problem)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
