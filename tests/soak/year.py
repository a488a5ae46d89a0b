#!/usr/bin/env python3
"""A year of daily increments: each day's files are written, loaded and built by the real binary.

    tests/soak/year.py INGOT [--days 365] [--rows 200] [--early 30]

The project has three feeds (CSV in daily folders, JSON lines, a small dimension as CSV), incremental models that
append and merge, a snapshot, tables, tests, and copies of all of them in the lake. Old versions are kept for --keep
hours, one minute by default, so that a year of vacuums happens in the time of the test. Nothing but `ingot load-bronze`
and `ingot run-models` is run: the number of files and versions must be bounded by these.

At day --early the project is copied. After the last day both go on for twenty days in turn, from one checkpoint of a
Delta log to the next, so that what else the machine does meets both. It fails if the late project takes more than 1.2
times the CPU seconds or memory of the early one (medians of the twenty days), if files or versions grow without bound, if a log has no checkpoint, or if
deltalake, pyarrow and DuckDB do not read the same number of rows from every table of the lake. It needs the Python
packages deltalake, pyarrow and duckdb.
"""

import datetime
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile

from shop import FIRST_DAY, arguments, deliver, project, run


def tables(lake):
    for layer in ("bronze", "silver", "gold"):
        for folder in sorted((lake / layer / "delta").glob("*")):
            yield layer, folder.name, folder


def sizes(lake):
    """Of each table: data files on disk, versions in the log, checkpoints."""
    found = {}
    for layer, name, folder in tables(lake):
        log = folder / "_delta_log"
        data = [file for file in folder.rglob("*.parquet") if log not in file.parents]
        found[f"{layer}.{name}"] = (
            len(data),
            len(list(log.glob("*[0-9].json"))),
            len(list(log.glob("*.checkpoint*.parquet"))),
        )
    return found


def read_everything(lake):
    """Row counts of each table by deltalake, pyarrow and DuckDB must agree."""
    import deltalake
    import duckdb
    import pyarrow.dataset

    checked = 0
    for layer, name, folder in tables(lake):
        table = deltalake.DeltaTable(str(folder))
        by_delta = table.to_pyarrow_table().num_rows
        plain = str(lake / layer / "parquet" / name)
        by_arrow = pyarrow.dataset.dataset(plain, format="parquet", partitioning="hive").count_rows()
        by_duckdb = duckdb.connect().execute(
            f"select count(*) from read_parquet('{plain}/**/*.parquet', union_by_name = true)"
        ).fetchone()[0]
        if not by_delta == by_arrow == by_duckdb:
            sys.exit(f"{layer}.{name}: {by_delta} rows by deltalake, {by_arrow} by pyarrow, {by_duckdb} by DuckDB")
        checked += 1
    return checked


def main():
    options = arguments(__doc__, days=365, rows=200, keep=1 / 60, early=30, factor=1.2)
    ingot, folder = options.ingot, pathlib.Path(tempfile.mkdtemp(prefix="ingot-year-"))
    project(folder, options.keep)
    copy = folder.with_name(folder.name + "-early")

    def play(place, number):
        deliver(place, number, FIRST_DAY + datetime.timedelta(days=number - 1), options.rows)
        load = run(ingot, place, "load-bronze", "--quiet")
        build = run(ingot, place, "run-models", "--quiet")
        return {"load": load[0], "load_mb": load[1], "build": build[0], "build_mb": build[1]}

    for number in range(1, options.days + 1):
        day = play(folder, number)
        if number % 5 == 0 or number == options.days:
            files = sum(of[0] for of in sizes(folder / "lake").values())
            print(json.dumps({"day": number, **day, "files": files}), flush=True)
        if number == options.early:
            # With its hard links: both sides of a table are one file.
            subprocess.run(["cp", "-a", folder, copy], check=True)

    early, late = [], []
    for after in range(1, 21):
        early.append(play(copy, options.early + after))
        late.append(play(folder, options.days + after))
    failed = False
    for name in ("load", "load_mb", "build", "build_mb"):
        before, after = (statistics.median(day[name] for day in days) for days in (early, late))
        ratio = after / before
        failed |= ratio > options.factor
        print(f"{name}: after day {options.early} {before:.3f}, after day {options.days} {after:.3f}, {ratio:.2f} times")
    for table, (data, versions, checkpoints) in sizes(folder / "lake").items():
        print(f"{table}: {data} data files, {versions} versions in the log, {checkpoints} checkpoints")
        if versions > 120 and checkpoints == 0:
            failed = True
            print(f"{table} has no checkpoint")
        # A file for each partition, and some that old versions need.
        side = folder / "lake" / table.replace(".", "/delta/", 1)
        partitions = len({file.parent for file in side.glob("**/*.parquet")})
        if data > partitions + 100 or versions > 150:
            failed = True
            print(f"{table} has grown without bound")
    for history in ("_runs", "_quality"):
        files = len(list((folder / "lake" / history).glob("*.parquet")))
        print(f"{history}: {files} files")
        failed |= files > 20
    print(f"{read_everything(folder / 'lake')} tables are read alike by deltalake, pyarrow and DuckDB")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
