#!/usr/bin/env python3
"""A year of daily increments: each day's files are written, loaded and built by the real binary.

    tests/soak/year.py INGOT [--days 365] [--rows 200] [--early 30]

The project has three feeds (CSV in daily folders, JSON lines, a small dimension as CSV), incremental models that
append and merge, a snapshot, tables, tests, and copies of all of them in the lake. Old versions are kept for a
minute, so that a year of vacuums happens in the time of the test. Every 30 days, `ingot lake optimize` and `ingot lake
vacuum` are run, as a schedule would.

It fails if a late day takes more than 1.2 times the time or memory of an early one (the medians of the five days up
to --early and of the last five), if files or versions of a copy grow without bound, if a log has no checkpoint, or if
deltalake, pyarrow and DuckDB do not read the same number of rows from every table of the lake. It needs the Python
packages deltalake, pyarrow and duckdb.
"""

import argparse
import datetime
import json
import pathlib
import statistics
import sys
import tempfile

from shop import FIRST_DAY, deliver, project, run


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
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("ingot")
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--rows", type=int, default=200)
    parser.add_argument("--keep", type=float, default=1 / 60, help="hours for which copies keep old versions")
    parser.add_argument("--early", type=int, default=30)
    parser.add_argument("--factor", type=float, default=1.2)
    parser.add_argument("--folder", type=pathlib.Path)
    options = parser.parse_args()
    ingot = str(pathlib.Path(options.ingot).resolve())
    folder = options.folder or pathlib.Path(tempfile.mkdtemp(prefix="ingot-year-"))
    folder.mkdir(parents=True, exist_ok=True)
    project(folder, options.keep)
    days = []
    for number in range(1, options.days + 1):
        deliver(folder, number, FIRST_DAY + datetime.timedelta(days=number - 1), options.rows)
        load = run(ingot, folder, "load-bronze", "--quiet")
        build = run(ingot, folder, "run-models", "--quiet")
        if number % 30 == 0:
            run(ingot, folder, "lake", "optimize", "--quiet")
            run(ingot, folder, "lake", "vacuum", "--quiet", "--retention", str(options.keep), "--force")
        days.append({"day": number, "load": load[0], "load_mb": load[1], "build": build[0], "build_mb": build[1]})
        if number % 5 == 0 or number == options.days:
            print(json.dumps({**days[-1], "files": sum(of[0] for of in sizes(folder / "lake").values())}), flush=True)

    def around(last, name):
        return statistics.median(day[name] for day in days[max(0, last - 5) : last])

    late, early = options.days, min(options.early, options.days)
    failed = False
    for name in ("load", "load_mb", "build", "build_mb"):
        before, after = around(early, name), around(late, name)
        ratio = after / before
        failed |= ratio > options.factor
        print(f"{name}: day {early} {before:.3f}, day {late} {after:.3f}, {ratio:.2f} times")
    for table, (data, versions, checkpoints) in sizes(folder / "lake").items():
        print(f"{table}: {data} data files, {versions} versions in the log, {checkpoints} checkpoints")
        if versions > 120 and checkpoints == 0:
            failed = True
            print(f"{table} has no checkpoint")
        # A file a day since the last optimize, and some that are being written.
        if data > 80 or (not table.startswith("bronze.") and versions > 120):
            failed = True
            print(f"{table} has grown without bound")
    print(f"{read_everything(folder / 'lake')} tables are read alike by deltalake, pyarrow and DuckDB")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
