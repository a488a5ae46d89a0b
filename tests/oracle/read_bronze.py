"""Reads a bronze lake as other people's tools do and compares: Delta by `deltalake`, both sides by `pyarrow`, the manifest by
`duckdb`. Prints a line a table; ends with 1 if anything differs.

usage: read_bronze.py LAKE [MANIFEST]      needs: deltalake pyarrow duckdb
"""
import pathlib
import sys

import pyarrow as pa
import pyarrow.dataset as dataset
from deltalake import DeltaTable


def content(table: pa.Table):
    """Columns in the order of their names, rows in a fixed order, types made comparable."""
    names = sorted(table.column_names)
    table = table.select(names)
    columns = {}
    for name in names:
        column = table.column(name).combine_chunks()
        if pa.types.is_dictionary(column.type):
            column = column.cast(column.type.value_type)
        if pa.types.is_large_string(column.type) or pa.types.is_string_view(column.type):
            column = column.cast(pa.string())
        columns[name] = column
    table = pa.table(columns)
    return table.sort_by([("src_filename", "ascending"), ("src_row_number", "ascending"), ("ingestion_ts", "ascending")])


def check(lake: pathlib.Path, name: str) -> list[str]:
    problems = []
    delta = DeltaTable(lake / "bronze/delta" / name)
    by_delta = delta.to_pyarrow_dataset().to_table()
    schema = delta.schema()
    schema = pa.schema(schema.to_arrow() if hasattr(schema, "to_arrow") else schema.to_pyarrow())
    partitions = delta.metadata().partition_columns
    types = {
        field.name: pa.string() if str(field.type).lower().startswith(("string", "utf8")) else pa.field(field).type
        for field in schema
    }
    plain = dataset.dataset(
        lake / "bronze/parquet" / name,
        format="parquet",
        partitioning=dataset.partitioning(
            pa.schema([(column, types[column]) for column in partitions]), flavor="hive"
        ) if partitions else None,
    ).to_table() if by_delta.num_rows else by_delta
    if by_delta.num_rows != plain.num_rows:
        problems.append(f"rows: {by_delta.num_rows} by Delta, {plain.num_rows} by Parquet")
    if sorted(by_delta.column_names) != sorted(plain.column_names):
        problems.append(f"columns: {by_delta.column_names} by Delta, {plain.column_names} by Parquet")
    elif not problems:
        one, other = content(by_delta), content(plain)
        for column in one.column_names:
            if not one.column(column).equals(other.column(column).cast(one.column(column).type)):
                problems.append(f"column {column} differs between the two sides")
    actions = pa.table(delta.get_add_actions(flatten=True)).to_pylist()
    if sum(action["num_records"] for action in actions) != by_delta.num_rows:
        problems.append("the statistics count other rows than there are")
    print(f"{name:15} {by_delta.num_rows:>10} rows  {len(actions):>5} files  version {delta.version()}", *problems)
    return problems


def main() -> int:
    lake = pathlib.Path(sys.argv[1])
    names = sorted(path.name for path in (lake / "bronze/delta").iterdir())
    problems = [problem for name in names for problem in check(lake, name)]
    if len(sys.argv) > 2:
        import duckdb

        manifest = duckdb.connect(sys.argv[2], read_only=True)
        uneven = manifest.sql(
            "SELECT count(*) FROM manifest_processed_files WHERE rows_read <> row_count + reject_count"
        ).fetchone()[0]
        read, accepted, rejected = manifest.sql(
            "SELECT sum(rows_read)::BIGINT, sum(row_count)::BIGINT, sum(reject_count)::BIGINT FROM manifest_processed_files"
        ).fetchone()
        print(f"manifest: {read} read = {accepted} accepted + {rejected} rejected; {uneven} files uneven")
        if uneven:
            problems.append("uneven files")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
