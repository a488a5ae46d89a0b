#!/usr/bin/env python3
"""Random windows: late files, corrections, deliveries again, deliveries taken back. After each of them an incremental
run must give what a full refresh gives, row by row.

    tests/soak/windows.py INGOT [--windows 30] [--seed N]
"""

import argparse
import datetime
import pathlib
import random
import shutil
import sys
import tempfile

from shop import FIRST_DAY, content, deliver, project, run, write


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("ingot")
    parser.add_argument("--windows", type=int, default=30)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 30))
    options = parser.parse_args()
    print(f"seed {options.seed}", flush=True)
    chance = random.Random(options.seed)
    ingot = str(pathlib.Path(options.ingot).resolve())
    folder = pathlib.Path(tempfile.mkdtemp(prefix="ingot-windows-"))
    project(folder, 168)
    deliver(folder, 1, FIRST_DAY, 50)
    run(ingot, folder, "load-bronze", "--quiet")
    run(ingot, folder, "run-models", "--quiet")
    number, taken = 1, []
    for window in range(options.windows):
        happened = []
        for _ in range(chance.randint(1, 3)):
            what = chance.choice(["day", "late", "corrected", "again", "undo"])
            happened.append(what)
            day = FIRST_DAY + datetime.timedelta(days=chance.randrange(number))
            part = chance.randrange(10_000)
            place = f"orders/day={day}/part-{window}-{part}.csv"
            row = f"order_id,customer_id,amount\n{10**9 + window * 10_000 + part},{part % 50},2.50\n"
            if what == "day":
                number += 1
                deliver(folder, number, FIRST_DAY + datetime.timedelta(days=number - 1), 50)
            elif what == "late":
                write(folder, f"data_raw/{place}", row)
                taken.append(place)
            elif what == "corrected" and taken:
                # The content of a file changes: its rows come as another delivery, so the old one is taken back first.
                place = chance.choice(taken)
                run(ingot, folder, "load-bronze", "--quiet")
                run(ingot, folder, "bronze", "undo", "--file", place, "--quiet")
                write(folder, f"data_raw/{place}", row)
                run(ingot, folder, "load-bronze", "--quiet")
                run(ingot, folder, "run-models", "--full-refresh", "--quiet")
            elif what == "again" and taken:
                # The same bytes again: nothing may come of it.
                file = folder / "data_raw" / chance.choice(taken)
                file.write_bytes(file.read_bytes())
            elif what == "undo" and taken:
                place = taken.pop(chance.randrange(len(taken)))
                run(ingot, folder, "load-bronze", "--quiet")
                run(ingot, folder, "bronze", "undo", "--file", place, "--quiet")
                run(ingot, folder, "run-models", "--full-refresh", "--quiet")
        run(ingot, folder, "load-bronze", "--quiet")
        run(ingot, folder, "run-models", "--quiet")
        incremental = content(folder)
        run(ingot, folder, "run-models", "--full-refresh", "--quiet")
        full = content(folder)
        if incremental != full:
            sys.exit(f"window {window} ({', '.join(happened)}): {incremental} instead of {full}; the project is in {folder}")
    print(f"{options.windows} windows: an incremental run gives what a full refresh gives")
    shutil.rmtree(folder)


if __name__ == "__main__":
    main()
