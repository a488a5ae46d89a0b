#!/usr/bin/env python3
"""Random windows: late files, corrections, deliveries again, deliveries taken back, versions restored. After each of them an
incremental run, without any full refresh before, must give what a full refresh gives, row by row.

    tests/soak/windows.py INGOT [--windows 30] [--seed N]
"""

import datetime
import pathlib
import random
import shutil
import sys
import tempfile

from shop import FIRST_DAY, arguments, content, deliver, project, run, write


def newest_version(folder, table):
    log = folder / "lake" / "bronze" / "delta" / table / "_delta_log"
    return max(int(file.stem) for file in log.glob("*.json"))


def main():
    options = arguments(__doc__, seed=True, windows=30)
    chance, ingot = random.Random(options.seed), options.ingot
    folder = pathlib.Path(tempfile.mkdtemp(prefix="ingot-windows-"))
    project(folder, 168)
    deliver(folder, 1, FIRST_DAY, 50)
    run(ingot, folder, "load-bronze", "--quiet")
    run(ingot, folder, "run-models", "--quiet")
    number, taken = 1, []
    for window in range(options.windows):
        happened = []
        for _ in range(chance.randint(1, 3)):
            what = chance.choice(["day", "late", "corrected", "again", "undo", "restored"])
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
            elif what == "again" and taken:
                # The same bytes again: nothing may come of it.
                file = folder / "data_raw" / chance.choice(taken)
                file.write_bytes(file.read_bytes())
            elif what == "undo" and taken:
                place = taken.pop(chance.randrange(len(taken)))
                run(ingot, folder, "load-bronze", "--quiet")
                run(ingot, folder, "bronze", "undo", "--file", place, "--quiet")
            elif what == "restored" and taken:
                # A delivery is loaded, and the table is restored to the version before it: the delivery is gone again.
                run(ingot, folder, "load-bronze", "--quiet")
                before = newest_version(folder, "orders")
                write(folder, f"data_raw/{place}", row)
                run(ingot, folder, "load-bronze", "--quiet")
                if chance.random() < 0.5:
                    run(ingot, folder, "run-models", "--quiet")
                run(ingot, folder, "lake", "restore", "bronze.orders", "--as-of", str(before), "--quiet")
            if chance.random() < 0.3:
                run(ingot, folder, "run-models", "--quiet")
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
