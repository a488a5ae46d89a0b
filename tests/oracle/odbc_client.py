"""Every table of a published file through DuckDB's ODBC driver, as Power BI reads it: names, types as the model declares,
rows, and what is in them.

    python odbc_client.py DRIVER PUBLISHED.duckdb ANALYTICS [SCHEMA]

DRIVER is the driver's library (libduckdb_odbc.so). Needs: unixODBC, pip install "pyodbc==5.1.*" duckdb. What the driver does
of its own (1.5.2): it delivers the fraction of a second a thousand times too small, so moments are compared up to the second;
and it crashes when a newer pyodbc asks for decimals.
"""

import datetime
import decimal
import pathlib
import multiprocessing
import re
import sys

import pyodbc

# TMDL's types, and what a client of ODBC may see of them.
SEEN = {
    "int64": {int},
    "double": {float},
    "decimal": {decimal.Decimal},
    "string": {str},
    "dateTime": {datetime.date, datetime.datetime},
}


# As many rows of a table are compared.
MOST = 20_000


def shown(row):
    moment = lambda cell: cell.replace(microsecond=0) if isinstance(cell, datetime.datetime) else cell
    return repr(tuple(map(moment, row)))


def read_file(published, schema, tables):
    import duckdb

    with duckdb.connect(published, read_only=True) as direct:
        answers = {}
        for name in tables:
            relation = f'"{schema}"."{name}"'
            (count,) = direct.execute(f"select count(*) from {relation}").fetchone()
            rows = direct.execute(f"select * from {relation} limit {MOST}").fetchall()
            answers[name] = count, list(map(shown, rows))
        return answers


def in_the_file(published, schema, tables):
    """The number of rows and the first rows of each table by DuckDB itself, in a process of its own: the driver has another
    DuckDB in it."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(read_file, (published, schema, tables))


def declared(analytics):
    """TMDL's type of each column by table and column; tables of parameters are calculated and left out."""
    types = {}
    for file in pathlib.Path(analytics).glob("*.SemanticModel/definition/tables/*.tmdl"):
        text = file.read_text(encoding="utf-8")
        if " = calculated" in text:
            continue
        for column, kind in re.findall(r"^\tcolumn (.+)\n(?:\t\t(?!dataType).*\n)*\t\tdataType: (\w+)", text, re.M):
            types[file.stem, column.strip("'").replace("''", "'")] = kind
    return types


def main():
    driver, published, analytics = sys.argv[1:4]
    schema = sys.argv[4] if len(sys.argv) > 4 else "gold"
    types = declared(analytics)
    # The string of the M partitions, with the library in place of the name that Windows has in its registry.
    connection = pyodbc.connect(f"Driver={driver};Database={published};access_mode=read_only")
    cursor = connection.cursor()
    tables = sorted(row.table_name for row in cursor.tables(schema=schema).fetchall())
    failures = columns = 0

    def fail(what):
        nonlocal failures
        failures += 1
        print(what)

    truth = in_the_file(published, schema, tables)
    for name in tables:
        relation = f'"{schema}"."{name}"'
        cursor.execute(f"select * from {relation} limit {MOST}")
        described = [(one[0], one[1]) for one in cursor.description]
        rows = cursor.fetchall()
        for position, (column, seen) in enumerate(described):
            kind = types.get((name, column))
            if kind is None:
                if any(table == name for table, _ in types):
                    fail(f"{name}.{column} is not in the model")
                continue
            columns += 1
            if seen not in SEEN[kind]:
                fail(f"{name}.{column} is {kind} in the model and {seen.__name__} over ODBC")
            found = {type(row[position]) for row in rows} - {type(None)}
            if not found <= SEEN[kind]:
                fail(f"{name}.{column} is {kind} in the model, and values are {found}")
        count, wanted = truth[name]
        found = list(map(shown, rows))
        if len(found) != min(count, MOST):
            fail(f"{name}: {len(found)} rows over ODBC, {count} in the file")
        if found != wanted:
            fail(f"{name}: rows differ, the first: {next(pair for pair in zip(found, wanted) if pair[0] != pair[1])}")
    try:
        cursor.execute(f'create table "{schema}"."written" (i integer)')
        fail("the connection writes, although it is read_only")
    except pyodbc.Error:
        pass
    missing = {table for table, _ in types} - set(tables)
    if missing:
        fail(f"tables of the model that ODBC does not list: {sorted(missing)}")
    print(f"{len(tables)} tables, {columns} columns of the model read through ODBC, {failures} problems")
    return 1 if failures or not columns else 0


if __name__ == "__main__":
    sys.exit(main())
