#!/usr/bin/env python3
"""Many small files that land while `ingot watch` runs: each is taken once and whole.

    tests/soak/small_files.py INGOT [--files 10000] [--poll] [--seed N]

Files are renamed into their place, written where they are in several steps, given clocks that are off by years, and some of
them are no files of the feed's form. None is lost, none is loaded twice or half, and the numbers of loads and of commits stay
far below that of the files. With --poll the folder is listed, as one is that does not tell of new files.
"""

import argparse
import json
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile
import time

ROWS = 3
CONTRACT = """apiVersion: v3.1.0
kind: DataContract
id: orders
name: orders
version: 1.0.0
status: active
servers: [{server: raw, type: local, path: 'orders/day={day}/*.jsonl', format: jsonl}]
schema:
  - name: orders
    logicalType: object
    properties:
      - {name: id, logicalType: integer, physicalType: i64, required: true, primaryKey: true, unique: true}
      - {name: file, logicalType: integer, physicalType: i64, required: true}
      - {name: day, logicalType: date, physicalType: date}
"""


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("ingot")
    parser.add_argument("--files", type=int, default=10_000)
    parser.add_argument("--poll", action="store_true")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    ingot = str(pathlib.Path(options.ingot).resolve())
    chance = random.Random(options.seed)
    folder = pathlib.Path(tempfile.mkdtemp(prefix="ingot-small-files-"))
    (folder / "schemas").mkdir()
    (folder / "schemas" / "orders.odcs.yaml").write_text(CONTRACT)
    (folder / "dbt_project.yml").write_text("name: shop\nprofile: shop\n")
    (folder / "profiles.yml").write_text(
        "shop:\n  target: local\n  outputs:\n    local: {type: duckdb, path: duckdb/warehouse.duckdb, threads: 2}\n"
    )
    (folder / "models").mkdir()
    (folder / "models" / "sources.yml").write_text(
        "sources:\n  - name: bronze\n    config:\n      meta: {external_location: \"read_parquet('lake/bronze/parquet/{name}/**/*.parquet', union_by_name = true)\"}\n"
        "    tables: [{name: orders}]\n"
    )
    (folder / "models" / "totals.sql").write_text(
        "{{ config(materialized='table') }} select count(*) as rows, count(distinct id) as ids, count(distinct file) as files from {{ source('bronze', 'orders') }}"
    )
    beside, raw = folder / "beside", folder / "data_raw" / "orders"
    beside.mkdir()
    raw.mkdir(parents=True)
    log = open(folder / "output.txt", "wb")
    command = [ingot, "watch", "--gather", "1s", "--quiet-for", "1s", *(["--poll", "500ms"] if options.poll else [])]
    watch = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log)
    begun = time.monotonic()
    bad, growing = 0, []
    for number in range(options.files):
        day = raw / f"day=2026-01-{number % 20 + 1:02d}"
        day.mkdir(exist_ok=True)
        lines = [json.dumps({"id": number * ROWS + row, "file": number}) + "\n" for row in range(ROWS)]
        kind = chance.random()
        if kind < 0.01:
            bad += 1
            (day / f"{number}.jsonl").write_bytes(b"\x1f\x8b\x08\x00 cut off")
        elif kind < 0.1:
            (day / f"{number}.jsonl").write_text(lines[0])
            growing.append((day / f"{number}.jsonl", lines[1:], time.monotonic()))
        else:
            (beside / str(number)).write_text("".join(lines))
            if kind < 0.2:
                moment = chance.choice([0, 4_000_000_000])
                os.utime(beside / str(number), (moment, moment))
            (beside / str(number)).rename(day / f"{number}.jsonl")
        # The rest of files that were begun comes some moments later, a line at a time.
        while growing and time.monotonic() - growing[0][2] > 0.4:
            path, rest, _ = growing.pop(0)
            with open(path, "a") as file:
                file.write(rest[0])
            if rest[1:]:
                growing.append((path, rest[1:], time.monotonic()))
        if number % 100 == 99:
            time.sleep(0.05)
    while growing:
        time.sleep(max(0.0, 0.4 - (time.monotonic() - growing[0][2])))
        path, rest, _ = growing.pop(0)
        with open(path, "a") as file:
            file.write(rest[0])
        if rest[1:]:
            growing.append((path, rest[1:], time.monotonic()))
    dropped = time.monotonic() - begun
    wanted = options.files - bad
    state = folder / "target" / "watch" / "state.json"

    def feed():
        try:
            return json.loads(state.read_text())["feeds"]["orders"]
        except (OSError, KeyError, ValueError):
            return {}

    while feed().get("files", 0) < wanted or feed().get("waiting", 1) > 0 or feed().get("built") is None:
        time.sleep(0.2)
        if time.monotonic() - begun > dropped + 180:
            break
    taken = time.monotonic() - begun
    time.sleep(3)
    watch.terminate()
    watch.wait()
    rounds = (folder / "target" / "watch" / "log.jsonl").read_text().count("\n")
    shown = subprocess.run(
        [ingot, "dbt", "show", "-q", "--output", "json", "--inline", "select * from {{ ref('totals') }}"],
        cwd=folder, check=True, capture_output=True, text=True,
    ).stdout
    totals = json.loads(shown)["show"][0]
    commits = len(list((folder / "lake/bronze/delta/orders/_delta_log").glob("*.json")))
    print(
        f"{options.files} files, {bad} of them bad, dropped in {dropped:.1f} s, all taken after {taken:.1f} s: "
        f"{totals['files']} files with {totals['rows']} rows in gold; {rounds} rounds, {commits} commits"
    )
    problems = []
    if totals != {"rows": wanted * ROWS, "ids": wanted * ROWS, "files": wanted}:
        problems.append(f"expected {wanted} files with {wanted * ROWS} rows: {totals}")
    if rounds > 20 + dropped + taken:
        problems.append("there are about as many rounds as seconds at most")
    if problems:
        print((folder / "output.txt").read_text(errors="replace")[-3000:])
        sys.exit("\n".join(problems) + f"\nsee {folder}")
    shutil.rmtree(folder)


if __name__ == "__main__":
    main()
