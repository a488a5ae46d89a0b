"""Random seeds as dbt's own agate_helper reads them, and as ingot loads them: names, types and values of columns.

    python tests/oracle/seeds.py path/to/ingot [--seeds 300] [--random 1]

Each column has cells of one kind (numbers, dates, times, words, …), with NULLs, short rows and a stranger now and then. `ingot dbt seed` loads
all seeds of one project; the same files go through dbt_common.clients.agate_helper.from_csv. What is expected is what dbt-duckdb's
adapter.convert_type and DuckDB make of that table, except for three differences on purpose (docs/reference/dbt-compatibility.md):

- whole numbers beyond INTEGER become BIGINT, HUGEINT or DOUBLE: dbt says INTEGER, and fails when it loads them;
- NaN and infinite numbers make a column DOUBLE: dbt says INTEGER where all others are whole, and fails when it loads them;
- text keeps the word null and blanks, because dbt-duckdb has DuckDB read the file: agate alone has NULL there.
"""

import argparse
import csv
import decimal
import io
import math
import random
import subprocess
import sys
import tempfile
from pathlib import Path

import agate
import duckdb
from dbt_common.clients import agate_helper


KINDS = {
    "whole": ["1", "-2", "+5", "007", "10.00", "1e5", "1,000", "1_000", "5%", "$3", "-0", "２", "7€", "--4", " 8 ", "1.", "2147483647", "-2147483648"],
    "large": ["2147483648", "-3000000000", "9223372036854775807", "9223372036854775808", "1e30", "1"],
    "decimal": ["0.1", ".5", "-2.50", "1e-3", "12345678901234567.89", "3", "1.5e2", "$1.25", "99.5%", "-€1.5"],
    "strange": ["NaN", "inf", "-Infinity", "1", "nan", "2.5", "nan12", "sNaN"],
    "date": ["2020-01-02", "2020-1-2", "2020-12-3", "0001-01-01", "9999-12-31", " 2020-02-29 ", "2021-02-29", "2020-1- 2"],
    "time": ["2020-01-02 03:04:05", "2020-1-2 3:4:5", "2020-01-02  03:04:05", "2020-02-04 14:30:21", "2020-01-02 24:00:00", "2020-01-02 03:04:60"],
    "iso": ["2020-01-02T03:04:05", "2020-01-02T03:04:05Z", "2020-01-02T03:04", "20200102T030405", "2020-01-02T03:04:05.5",
            "2020-01-02T03:04:05,25+02:00", "2020-W01-3T10", "2020-W53T10", "2020-060T1030", "2020-01T10:30", "2020T10", "20T10",
            "2020-01-02T10.25", "2020-01-02T10:30.5", "2020W017T00", "2020-01-02T03:04:05-0130", "2020-00-05T00:00"],
    "boolean": ["true", "false", "TRUE", "False", " true ", ",", "tr,ue"],
    "text": ["x", "a b", " lead", "trail ", "none", "n/a", "-", ".", "yes", "t", 'say "hi"', "two\nlines", "semi;colon", "é", "0x10", "(5)", "12:30", "''", "\\N", "#"],
}
NULLS = ["", "", "null", "NULL", " "]


def cell(kind, chance):
    roll = chance.random()
    if roll < 0.12:
        return chance.choice(NULLS)
    if roll < 0.14:
        return chance.choice(KINDS[chance.choice(list(KINDS))])
    text = chance.choice(KINDS[kind])
    if roll < 0.18 and kind != "text":
        place = chance.randrange(len(text) + 1)
        text = text[:place] + chance.choice("0123456789-+.,:eT Z%$_") + text[place:]
    return text


def write_seed(file, chance):
    columns = chance.randint(2, 5)
    kinds = [chance.choice(list(KINDS)) for _ in range(columns)]
    names = [chance.choice(["id", "name", "Value", "col x", f"c{i}", f"d{i}", ""]) for i in range(columns)]
    if not any(names):
        names[0] = "first"
    out = io.StringIO()
    writer = csv.writer(out, lineterminator=chance.choice(["\n", "\r\n"]))
    writer.writerow(names)
    for _ in range(chance.randint(0, 6)):
        row = [cell(kind, chance) for kind in kinds]
        writer.writerow(row[: chance.randint(1, columns)] if chance.random() < 0.1 else row)
    file.write_bytes(out.getvalue().encode())


def of_numbers(table, index, values):
    present = [value for value in values if value is not None]
    decimals = table.aggregate(agate.MaxPrecision(index)) if table.rows else 0
    if not decimals and all(value.is_finite() for value in present):
        widest = max([abs(int(value)) + (value > 0) for value in present], default=0)
        for name, bits in (("INTEGER", 31), ("BIGINT", 63), ("HUGEINT", 127)):
            if widest <= 2**bits:
                return name, [None if value is None else int(value) for value in values]
    return "DOUBLE", [None if value is None else float(value) for value in values]


def expected(file):
    """Names, DuckDB's types and the values of the columns."""
    table = agate_helper.from_csv(str(file), text_columns=())
    raw = list(csv.reader(io.StringIO(file.read_bytes().decode(), newline="")))[1:]
    types, columns = [], []
    for index, kind in enumerate(table.column_types):
        values = [row[index] for row in table.rows]
        if isinstance(kind, agate_helper.Number):
            name, values = of_numbers(table, index, values)
        elif isinstance(kind, agate_helper.Integer):
            name = "INTEGER"
        elif isinstance(kind, agate.Date):
            name = "DATE"
        elif isinstance(kind, (agate.DateTime, agate_helper.ISODateTime)):
            name, values = "TIMESTAMP", [None if value is None else value.replace(tzinfo=None) for value in values]
        elif isinstance(kind, agate.Boolean):
            name = "BOOLEAN"
        else:
            name, values = "VARCHAR", [row[index] if index < len(row) and row[index] else None for row in raw]
        types.append(name)
        columns.append(values)
    return list(table.column_names), types, list(zip(*columns))


def same(one, other):
    both_nan = isinstance(one, float) and isinstance(other, float) and math.isnan(one) and math.isnan(other)
    return both_nan or (type(one) is type(other) and one == other)


def write_project(project, count, chance):
    (project / "seeds").mkdir()
    (project / "dbt_project.yml").write_text("name: random_seeds\nprofile: p\nversion: '1.0'\n")
    (project / "profiles.yml").write_text("p:\n  target: dev\n  outputs:\n    dev: {type: duckdb, path: seeds.duckdb, threads: 2}\n")
    known = {}
    for number in range(count):
        file = project / "seeds" / f"s{number}.csv"
        write_seed(file, chance)
        try:
            known[file] = expected(file)
        except (ValueError, decimal.DecimalException, OverflowError):
            file.unlink()  # dbt fails, so there is nothing to compare with.
            continue
        if len({name.lower() for name in known[file][0]}) < len(known[file][0]):
            del known[file]  # Two columns for agate, one for DuckDB.
            file.unlink()
    return known


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("ingot")
    parser.add_argument("--seeds", type=int, default=300)
    parser.add_argument("--random", type=int, default=1)
    arguments = parser.parse_args()
    different = 0
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder)
        known = write_project(project, arguments.seeds, random.Random(arguments.random))
        words = [arguments.ingot, "--project-dir", folder, "dbt", "seed", "--profiles-dir", folder]
        ran = subprocess.run(words, capture_output=True, text=True)
        if ran.returncode:
            print(ran.stdout + ran.stderr)
        connection = duckdb.connect(str(project / "seeds.duckdb"), read_only=True)
        for file, (names, types, rows) in known.items():
            try:
                found = connection.sql(f"select * from {file.stem}")
                ours = list(found.columns), [str(kind) for kind in found.types], found.fetchall()
            except duckdb.Error as error:
                ours = [], [], [error]
            equal = ours[:2] == (names, types) and len(ours[2]) == len(rows)
            if not equal or not all(same(a, b) for one, other in zip(ours[2], rows) for a, b in zip(one, other)):
                different += 1
                print(f"DIFFERENT {file.name} {file.read_bytes()!r}\n  dbt:   {names} {types} {rows}\n  ingot: {ours}")
    print(f"{len(known)} seeds compared, {different} different")
    return 1 if different or len(known) < arguments.seeds / 2 else 0


if __name__ == "__main__":
    sys.exit(main())
