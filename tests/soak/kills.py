#!/usr/bin/env python3
"""Kills at any moment: nothing is lost, nothing is there twice, and no reader sees a half state.

    tests/soak/kills.py INGOT [--kills 60] [--seed N]

load-bronze, run-models, lake optimize, lake restore, lake vacuum and publish are started and killed after a random
time, while readers with deltalake, pyarrow and DuckDB read all the while. After each kill, `ingot lake check` must
find no damage once the command has been run again, and at the end every table must be equal, by hash, to that of a project
that saw the same deliveries and no kill.
"""

import datetime
import multiprocessing
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile
import time

from shop import FIRST_DAY, arguments, content, deliver, project, run

ROWS = 200


def day(number):
    return FIRST_DAY + datetime.timedelta(days=number - 1)


def read_all_the_while(lake, stop, problems, counts):
    """Each state that a reader sees of a table of bronze has complete raw files: a multiple of the rows of a file."""
    import deltalake
    import duckdb
    import pyarrow.dataset

    events = lake / "bronze"
    engine = duckdb.connect()
    while not stop.is_set():
        for reader in ("deltalake", "pyarrow", "DuckDB"):
            try:
                if reader == "deltalake":
                    rows = deltalake.DeltaTable(str(events / "delta" / "events")).to_pyarrow_table().num_rows
                elif reader == "pyarrow":
                    rows = pyarrow.dataset.dataset(str(events / "parquet" / "events"), format="parquet").to_table().num_rows
                else:
                    plain = events / "parquet" / "events"
                    rows = engine.execute(f"select count(*) from read_parquet('{plain}/**/*.parquet')").fetchone()[0]
            except Exception as error:  # A reader of plain files may meet one that has just been replaced; it fails, and reads nothing.
                text = str(error)
                known = ("No such file", "No files found", "not found", "does not exist", "Cannot open", "No such")
                if reader == "deltalake" or not any(sign in text for sign in known):
                    problems.append(f"{reader}: {text[:300]}")
                continue
            counts[reader] = counts.get(reader, 0) + 1
            if rows % ROWS != 0:
                problems.append(f"{reader} saw {rows} rows, which is not a multiple of {ROWS}")
        # A pause, so that the readers do not take a processor from what they watch.
        time.sleep(0.05)


def main():
    options = arguments(__doc__, seed=True, kills=60)
    chance, ingot = random.Random(options.seed), options.ingot
    folder = pathlib.Path(tempfile.mkdtemp(prefix="ingot-kills-"))
    other = pathlib.Path(tempfile.mkdtemp(prefix="ingot-undisturbed-"))
    for place in (folder, other):
        project(place, 168)
        for number in (1, 2):
            deliver(place, number, day(number), ROWS)
            run(ingot, place, "load-bronze", "--quiet")
            run(ingot, place, "run-models", "--quiet")

    commands = [
        ["load-bronze", "--quiet"],
        ["run-models", "--quiet"],
        ["lake", "optimize", "--quiet"],
        ["lake", "vacuum", "--quiet"],
        ["lake", "restore", "gold.daily_events", "--as-of", "0", "--quiet"],
        ["lake", "optimize", "events", "--sort", "kind", "--quiet"],
        ["publish", "--quiet", "--select", "daily_events"],
    ]
    lengths = {}
    manager = multiprocessing.Manager()
    stop, problems, counts = manager.Event(), manager.list(), manager.dict()
    reader = multiprocessing.Process(target=read_all_the_while, args=(folder / "lake", stop, problems, counts))
    reader.start()
    number, done = 2, {}
    try:
        for kill in range(options.kills):
            command = commands[kill % len(commands)]
            if command[0] == "load-bronze":
                number += 1
                for place in (folder, other):
                    deliver(place, number, day(number), ROWS)
            name = " ".join(command[:2])
            length = lengths.setdefault(name, 0.6)
            child = subprocess.Popen([ingot, *command], cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            begun = time.monotonic()
            try:
                child.wait(timeout=chance.uniform(0.0, length))
                lengths[name] = 0.5 * length + 0.5 * (time.monotonic() - begun)
            except subprocess.TimeoutExpired:
                child.kill()
                done[name] = done.get(name, 0) + 1
                # Where it is rarely caught, it is given more time.
                lengths[name] = length * 1.05
            child.wait()
            # The next run of anything that writes puts right what the kill left.
            run(ingot, folder, "load-bronze", "--quiet")
            run(ingot, folder, "run-models", "--quiet")
            check = subprocess.run([ingot, "lake", "check"], cwd=folder, capture_output=True, text=True)
            if check.returncode != 0:
                sys.exit(f"kill {kill} of {name}: lake check ended with {check.returncode}\n{check.stdout}{check.stderr}")
            if command[0] == "load-bronze":
                run(ingot, other, "load-bronze", "--quiet")
                run(ingot, other, "run-models", "--quiet")
                if content(folder) != content(other):
                    sys.exit(f"kill {kill} of {name}: {content(folder)} instead of {content(other)}")
            if problems:
                sys.exit(f"kill {kill} of {name}: {list(problems)}")
            if kill % 50 == 49:
                print(f"{kill + 1} kills", flush=True)
    finally:
        stop.set()
        reader.join()
    run(ingot, other, "load-bronze", "--quiet")
    run(ingot, other, "run-models", "--quiet")
    if content(folder) != content(other):
        sys.exit(f"{content(folder)} instead of {content(other)}")
    print(f"{options.kills} rounds, killed: {done}; reads: {dict(counts)}; every table is that of the undisturbed project")
    for place in (folder, other):
        shutil.rmtree(place)


if __name__ == "__main__":
    main()
