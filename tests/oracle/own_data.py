"""Files as pandas, pyarrow, openpyxl and DuckDB write them: `ingot init --from` must make a project that loads every row of them.

usage: own_data.py INGOT [SCHEMA]. SCHEMA is the JSON schema of ODCS 3.1, against which each contract is then checked.
DATACONTRACT_PYTHON in the environment is a Python that has the package datacontract-cli: all contracts, and those of
examples/own-data, are then given to its linter too.
Each file is tried alone. No row may be rejected, and values read from the lake must be those that were written.
"""

import csv
import datetime
import decimal
import itertools
import json
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile

import duckdb
import pandas
import pyarrow
import pyarrow.parquet

random.seed(7)
ROWS = 60


def rows():
    start = datetime.datetime(2024, 1, 1)
    return [
        {
            "id": number,
            "code": f"{number:06}",
            "amount": decimal.Decimal(random.randint(-99999, 99999)) / 100,
            # XlsxWriter writes 16 digits of a number.
            "ratio": round(random.random(), 12),
            "day": (start + datetime.timedelta(days=number)).date(),
            "at": start + datetime.timedelta(minutes=37 * number),
            "flag": number % 3 == 0,
            "note": random.choice(["plain", "with, comma", 'a "quote"', "umlaut ü", "", "semi;colon", "NA"]),
        }
        for number in range(1, ROWS + 1)
    ]


def files(folder):
    """Writes the files; gives the path and the values that must come back, or None where only the count is compared."""
    table = rows()
    frame = pandas.DataFrame(table)
    for sep, index, end, quoting in itertools.product(
        ",;\t|", [True, False], ["\n", "\r\n"], [csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]
    ):
        path = folder / "frame.csv"
        frame.to_csv(path, sep=sep, index=index, lineterminator=end, quoting=quoting)
        yield f"pandas {sep!r} index={index} {end!r} quoting={quoting}", path, table
    for compression, name in [("gzip", "f.csv.gz"), ("zstd", "f.csv.zst")]:
        path = folder / name
        try:
            frame.to_csv(path, compression=compression, index=False)
        except ImportError:
            continue
        yield f"pandas {compression}", path, table
    for encoding in ["utf-8-sig", "utf-16", "cp1252", "latin-1"]:
        path = folder / "encoded.csv"
        frame.to_csv(path, encoding=encoding, index=False)
        yield f"pandas {encoding}", path, table
    for decimal_sign, date_format in itertools.product([",", "."], ["%d.%m.%Y %H:%M", "%Y-%m-%d %H:%M:%S", "%m/%d/%Y %I:%M %p"]):
        path = folder / "local.csv"
        frame.to_csv(path, sep=";", decimal=decimal_sign, date_format=date_format, index=False)
        yield f"pandas decimal={decimal_sign} {date_format}", path, None
    for orient, lines, indent in [("records", True, None), ("records", False, None), ("records", False, 2)]:
        path = folder / ("r.jsonl" if lines else "r.json")
        frame.astype({"amount": float}).to_json(path, orient=orient, lines=lines, indent=indent, date_format="iso")
        yield f"pandas json lines={lines} indent={indent}", path, None
    for startrow, startcol in itertools.product([0, 3], [0, 2]):
        path = folder / "book.xlsx"
        frame.to_excel(path, startrow=startrow, startcol=startcol, index=False)
        yield f"pandas excel at {startrow},{startcol}", path, table
    arrow = pyarrow.Table.from_pylist(table)
    nested = arrow.append_column("tags", pyarrow.array([["a", str(row["id"])] for row in table]))
    nested = nested.append_column("place", pyarrow.array([{"x": row["id"], "y": None} for row in table]))
    for compression, version, unit in itertools.product(["snappy", "zstd"], ["1.0", "2.6"], ["ms", "us", "ns"]):
        path = folder / "t.parquet"
        column = nested.column("at").cast(pyarrow.timestamp(unit))
        typed = nested.set_column(nested.schema.get_field_index("at"), "at", column)
        pyarrow.parquet.write_table(typed, path, compression=compression, version=version)
        yield f"parquet {compression} {version} {unit}", path, table
    for header, delimiter, null in itertools.product([True, False], [",", "|", "\t"], ["", "NULL", "\\N"]):
        path = folder / "copied.csv"
        duckdb.sql(f"copy (select * from arrow) to '{path}' (header {header}, delimiter '{delimiter}', nullstr '{null}')")
        yield f"duckdb header={header} {delimiter!r} {null!r}", path, table


def plain(value):
    """A value without what the forms of a file do not keep."""
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (int, float, decimal.Decimal)):
        return f"{decimal.Decimal(str(value)):f}".rstrip("0").rstrip(".") if "." in str(value) else str(value)
    text = str(value).replace("T", " ") if isinstance(value, datetime.datetime) else str(value)
    return text.removesuffix("+00:00").removesuffix(" 00:00:00")


LINT = """
import pathlib, sys
from datacontract.data_contract import DataContract

wrong = []
files = sorted(pathlib.Path(sys.argv[1]).iterdir())
for file in files:
    run = DataContract(data_contract_file=str(file)).lint()
    if str(run.result.value) != "passed":
        wrong.append((file.read_text(), [check.reason for check in run.checks]))
assert not wrong, wrong[0]
print(f"{len(files)} contracts: datacontract lint passes each")
"""


def lint(ingot, contracts):
    """Gives the contracts in the folder, and those of the example, to the linter of datacontract-cli."""
    python = os.environ.get("DATACONTRACT_PYTHON")
    if not python:
        return
    example = pathlib.Path(__file__).parents[2] / "examples/own-data/exports"
    subprocess.run([ingot, "contract", "infer", example, "--out", contracts], check=True, capture_output=True)
    subprocess.run([python, "-c", LINT, contracts], check=True)


def check(ingot, schema, name, path, table, work, contracts_of_all):
    project = work / "project"
    run = subprocess.run([ingot, "init", project, "--from", path], capture_output=True, text=True)
    assert run.returncode == 0, (name, run.stdout, run.stderr)
    contracts = list((project / "schemas").iterdir())
    assert len(contracts) == 1, (name, contracts)
    kept = contracts_of_all / f"{len(list(contracts_of_all.iterdir())):03}.odcs.yaml"
    shutil.copy(contracts[0], kept)
    if schema:
        import jsonschema
        import yaml

        errors = list(schema.iter_errors(yaml.safe_load(contracts[0].read_text())))
        assert not errors, (name, errors[0].message)
    run = subprocess.run([ingot, "load-bronze", "--format", "json"], capture_output=True, text=True, cwd=project)
    assert run.returncode == 0, (name, run.stdout, run.stderr, contracts[0].read_text())
    lake = project / "lake/bronze/parquet" / contracts[0].name.removesuffix(".odcs.yaml")
    found = duckdb.sql(f"select * from read_parquet('{lake}/**/*.parquet') order by src_row_number").to_arrow_table().to_pylist()
    assert len(found) == ROWS, (name, len(found), contracts[0].read_text())
    if table is None:
        return
    columns = list(found[0])
    columns = columns[: columns.index("ingestion_ts")]
    skipped = 1 if columns[0] == "row_name" else 0
    for row, wanted in zip(found, table):
        for column, key in zip(columns[skipped:], wanted):
            have, want = plain(row[column]), plain(wanted[key])
            assert have == want or (have in ("NULL",) and want is None), (name, key, row[column], wanted[key], contracts[0].read_text())


def main():
    ingot = str(pathlib.Path(sys.argv[1]).resolve())
    schema = None
    if len(sys.argv) > 2:
        import jsonschema

        schema = jsonschema.Draft201909Validator(json.loads(pathlib.Path(sys.argv[2]).read_text()))
    count = 0
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        (folder / "files").mkdir()
        (folder / "contracts").mkdir()
        for name, path, table in files(folder / "files"):
            with tempfile.TemporaryDirectory(dir=folder) as work:
                check(ingot, schema, name, path, table, pathlib.Path(work), folder / "contracts")
            path.unlink()
            count += 1
        lint(ingot, folder / "contracts")
    print(f"{count} files: every row is loaded, and every value is the one that was written")


if __name__ == "__main__":
    main()
