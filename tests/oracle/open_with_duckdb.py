"""Opens the warehouse with the DuckDB of this Python, as a BI tool's driver of that version would: reads every table and view of
gold to its end, and looks whether every column has a type that BI tools read well. Ends with 1 if anything is wrong.

usage: open_with_duckdb.py WAREHOUSE.duckdb      needs: duckdb (run.sh calls it with DuckDB 1.4 and 1.5)
"""
import re
import sys

import duckdb

SAFE = re.compile(r"INTEGER|BIGINT|DOUBLE|VARCHAR|DATE|TIMESTAMP|DECIMAL\((\d+),\d+\)")


def is_safe(kind: str) -> bool:
    found = SAFE.fullmatch(kind)
    return bool(found) and (found.group(1) is None or int(found.group(1)) <= 18)


def main() -> int:
    connection = duckdb.connect(sys.argv[1], read_only=True)
    relations = connection.execute(
        "select table_name, table_type from information_schema.tables where table_schema = 'gold' order by 1"
    ).fetchall()
    problems = [] if relations else ["there is nothing in gold"]
    rows = columns = 0
    for name, _ in relations:
        for column, kind, *_ in connection.execute(f'describe gold."{name}"').fetchall():
            columns += 1
            if not is_safe(kind):
                problems.append(f"gold.{name}.{column} is {kind}")
        # All values, as a driver fetches them.
        reader = connection.execute(f'select * from gold."{name}"')
        while batch := reader.fetchmany(10_000):
            rows += len(batch)
    views = sum(kind == "VIEW" for _, kind in relations)
    print(
        f"DuckDB {duckdb.__version__}: {len(relations) - views} tables and {views} views of gold, {columns} columns, {rows} rows read"
    )
    for problem in problems:
        print(problem)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
