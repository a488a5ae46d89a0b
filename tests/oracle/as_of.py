"""Every table as of every day, against copies that were taken on that day; and what was restated, against what was late.

    python tests/oracle/as_of.py INGOT [DAYS]

The betting example is delivered day by day. Some files of settlements come days late, and some of their rows are broken,
rejected, and corrected days later. After each day's run, DuckDB's and deltalake's own readers copy every table of bronze and
of the warehouse. In the end `ingot query --as-of` of each day must give each of these copies, row by row; and `ingot restated`
of the reports of earlier days must name exactly the rows that came late or were corrected.
"""

import collections
import csv
import datetime
import json
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile
import time

import deltalake
import duckdb

COPIED = {"main_silver": "silver", "main_gold": "gold"}
BROKEN = "unclear"


def run(*arguments):
    ended = subprocess.run([INGOT, *arguments], cwd=PROJECT, capture_output=True, text=True)
    if ended.returncode != 0:
        sys.exit(f"{' '.join(arguments)} ended with {ended.returncode}\n{ended.stdout}{ended.stderr}")
    return ended.stdout


def rows_of(connection, query):
    """The rows as text, whatever their order."""
    return collections.Counter(map(repr, connection.execute(query).fetchall()))


def now_as_it_is():
    """Every table that has versions, by readers of others."""
    found = {}
    for table in sorted((PROJECT / "lake/bronze/delta").iterdir()):
        if not table.name.startswith("."):
            rows = deltalake.DeltaTable(str(table)).to_pyarrow_table()
            connection = duckdb.connect().register("delta", rows)
            found[f"bronze.{table.name}"] = rows_of(connection, "from delta")
    warehouse = duckdb.connect(str(PROJECT / "duckdb/warehouse.duckdb"), read_only=True)
    tables = "select table_schema, table_name from information_schema.tables where table_type = 'BASE TABLE'"
    for schema, name in warehouse.execute(tables).fetchall():
        if schema in COPIED:
            found[f"{COPIED[schema]}.{name}"] = rows_of(warehouse, f"from {schema}.{name}")
    warehouse.close()
    return found


def newest_of_bets(file):
    """The row of each bet that counts, since reports know one settlement of a bet a day; and whether it is the only one."""
    rows = list(enumerate(csv.DictReader(file.read_text().splitlines()), 1))
    order = sorted(rows, key=lambda row: (row[1]["settled_at"], int(row[1]["settlement_id"])))
    times = collections.Counter(row["bet_id"] for _, row in rows)
    return {row["bet_id"]: (number, times[row["bet_id"]] == 1) for number, row in order}


def made(days):
    """Files to deliver, by the day (from 0) on which they come, with the rows that come late or are corrected."""
    run("generate", "--days", str(days), "--no-defects", "--quiet")
    shutil.move(PROJECT / "data_raw", PROJECT / "made")
    chance, first = random.Random(7), datetime.date(2023, 1, 1)
    due, late, broken = collections.defaultdict(list), {}, {}
    settled = set()
    for file in sorted(path for path in (PROJECT / "made").rglob("*") if path.is_file() and "_ledger" not in path.parts):
        name = str(file.relative_to(PROJECT / "made"))
        day = next((part[4:] for part in file.parts if part.startswith("day=")), None)
        number = (datetime.date.fromisoformat(day) - first).days if day else 0
        newest = newest_of_bets(file) if name.startswith("settlements/") else {}
        # Without such a row a bet is not settled: the reports of its day change, whatever its outcome.
        firsts = [row for bet, (row, alone) in newest.items() if alone and bet not in settled]
        settled |= set(newest)
        if firsts and 2 <= number < days - 5:
            if chance.random() < 0.25:
                late[name] = (number + chance.randint(1, 4), {row for row, _ in newest.values()})
                number = late[name][0]
            elif chance.random() < 0.4:
                lines = file.read_text().split("\n")
                at = chance.choice(firsts)
                fields = lines[at].split(",")
                place = lines[0].split(",").index("outcome")
                broken[name] = (at, fields[place], number + chance.randint(1, 4))
                fields[place] = BROKEN
                lines[at] = ",".join(fields)
                file.write_text("\n".join(lines))
        due[number].append(name)
    return due, late, broken


def correct(names, broken):
    """Corrects the rejected rows of these files where they are kept, and has them loaded."""
    for reject in (PROJECT / "lake/_rejects/settlements").glob("*.csv"):
        with open(reject, newline="") as file:
            rows = list(csv.DictReader(file))
        columns, changed = list(rows[0]) if rows else [], False
        for row in rows:
            name = next((name for name in names if row["file"] == name), None)
            if name:
                row["raw_text"] = row["raw_text"].replace(BROKEN, broken[name][1])
                changed = True
        if changed:
            with open(reject, "w", newline="") as file:
                writer = csv.DictWriter(file, columns)
                writer.writeheader()
                writer.writerows(rows)
    subprocess.run([INGOT, "replay", "--table", "settlements", "--quiet"], cwd=PROJECT, capture_output=True)


def main():
    days = int(sys.argv[2]) if len(sys.argv) > 2 else 30
    run("init", ".", "--example", "betting")
    due, late, broken = made(days)
    if not late or not broken:
        sys.exit("nothing is late or broken: nothing would be tested")
    moments, copies, came = [], [], []
    for day in range(days):
        expected = set()
        for name in due[day]:
            (PROJECT / "data_raw" / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(PROJECT / "made" / name, PROJECT / "data_raw" / name)
            if name in late:
                expected |= {(name, row) for row in late[name][1]}
        run("load-bronze", "--quiet")
        names = {name for name, (_, _, at) in broken.items() if at == day}
        if names:
            correct(names, broken)
            expected |= {(name, broken[name][0]) for name in names}
        run("run-models", "--quiet")
        time.sleep(0.01)
        moments.append(datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ"))
        time.sleep(0.01)
        copies.append(now_as_it_is())
        came.append(expected)
    shutil.move(PROJECT / "duckdb/warehouse.duckdb", PROJECT / "aside.duckdb")
    compared, rows = 0, 0
    for day, (moment, tables) in enumerate(zip(moments, copies)):
        for name, expected in tables.items():
            answer = PROJECT / "answer.parquet"
            run("query", f"from {name}", "--as-of", moment, "--format", "parquet", "--output", str(answer), "--quiet")
            found = rows_of(duckdb.connect(), f"from '{answer}'")
            if found != expected:
                sys.exit(f"{name} as of day {day}: {found - expected} instead of {expected - found}")
            compared, rows = compared + 1, rows + sum(expected.values())
    differing = sum(copies[0][name] != copies[-1][name] for name in copies[-1] if name in copies[0])
    print(f"{compared} tables as of {days} days are as they were ({rows} rows); {differing} of them have changed since the first")
    shutil.move(PROJECT / "aside.duckdb", PROJECT / "duckdb/warehouse.duckdb")
    named = 0
    for day in range(1, days):
        if not came[day]:
            continue
        arguments = ["--between", moments[day - 1], "--and", moments[day], "--key", "date,known_on", "--limit", "1000000"]
        answer = json.loads(run("restated", "--table", "gold.fct_reports", *arguments, "--format", "json"))
        found = set()
        for row in answer["rows"]:
            if row["change"] == "changed":
                for by in row["by"]:
                    found |= {(raw["file"], raw["row_number"]) for raw in by["rows"]}
        if came[day] != found:
            sys.exit(f"day {day}: {sorted(came[day] - found)[:5]} are not named, {sorted(found - came[day])[:5]} came in time")
        named += len(found)
    print(f"{named} rows that came late or were corrected are named as what changed the reports, and no other")


INGOT = str(pathlib.Path(sys.argv[1]).resolve())
with tempfile.TemporaryDirectory() as folder:
    PROJECT = pathlib.Path(folder)
    main()
