"""Copies main.manifest_deliveries from one DuckDB file into another, in place of the one there.

usage: copy_manifest.py FROM.duckdb TO.duckdb

Without a file or a table to copy from, nothing is done.
"""

import os
import sys

import duckdb


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    source, target = sys.argv[1:]
    if not os.path.exists(source):
        return
    # Both sides begin with a file that their DuckDB can open, whichever made it.
    with duckdb.connect() as connection:
        connection.execute(f"attach '{source}' as source (read_only)")
        connection.execute(f"attach '{target}' as target (storage_version 'v1.2.0')")
        tables = connection.execute(
            "select table_name from duckdb_tables() where database_name = 'source' and schema_name = 'main'"
        ).fetchall()
        if ("manifest_deliveries",) in tables:
            connection.execute("create or replace table target.main.manifest_deliveries as from source.main.manifest_deliveries")


if __name__ == "__main__":
    main()
