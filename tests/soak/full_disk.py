#!/usr/bin/env python3
"""A full disk at every stage: one clear message, nothing lost, and after space is made the next run completes.

    tests/soak/full_disk.py INGOT

The project is on a small tmpfs, which only root can mount; anywhere else the test says so and does nothing.
"""

import datetime
import pathlib
import subprocess
import sys
import tempfile

from shop import FIRST_DAY, arguments, content, deliver, project, run

ROWS = 2_000


def day(number):
    return FIRST_DAY + datetime.timedelta(days=number - 1)


def main():
    ingot = arguments(__doc__).ingot
    folder = pathlib.Path(tempfile.mkdtemp(prefix="ingot-full-"))
    other = pathlib.Path(tempfile.mkdtemp(prefix="ingot-roomy-"))
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", folder], capture_output=True).returncode != 0:
        print("LEFT OUT: full_disk.py: a tmpfs cannot be mounted here (it needs root)")
        return
    try:
        play(ingot, folder, other)
    finally:
        subprocess.run(["umount", "-l", folder], check=False)


def play(ingot, folder, other):
    for place in (folder, other):
        project(place, 168)
        deliver(place, 1, day(1), ROWS)
        run(ingot, place, "load-bronze", "--quiet")
        run(ingot, place, "run-models", "--quiet")
    stages = [
        ["load-bronze"],
        ["run-models"],
        ["lake", "optimize", "--sort", "ingestion_ts"],
        ["publish", "--select", "daily_events"],
        ["lake", "recover"],
    ]
    number, failed = 1, 0
    ballast = folder / "ballast"
    for stage in stages:
        # From no room at all to nearly enough.
        for room_kb in (0, 8, 64, 256, 1024):
            number += 1
            for place in (folder, other):
                deliver(place, number, day(number), ROWS)
            if stage != ["load-bronze"]:
                run(ingot, folder, "load-bronze", "--quiet")
            free = int(subprocess.run(["df", "--output=avail", "-k", folder], capture_output=True, text=True).stdout.split()[1])
            with open(ballast, "wb") as file:
                file.write(b"\0" * max(0, free - room_kb) * 1024)
            done = subprocess.run([ingot, *stage], cwd=folder, capture_output=True, text=True)
            said = done.stdout + done.stderr
            ballast.unlink()
            if "panicked" in said:
                sys.exit(f"{stage} with {room_kb} KB: a panic\n{said}")
            if done.returncode != 0:
                failed += 1
                if "space" not in said.lower() and "full" not in said.lower():
                    sys.exit(f"{stage} with {room_kb} KB: the message does not say that the disk is full\n{said}")
            for command in (["load-bronze", "--quiet"], ["run-models", "--quiet"]):
                run(ingot, folder, *command)
                run(ingot, other, *command)
            if content(folder) != content(other):
                sys.exit(f"{stage} with {room_kb} KB: {content(folder)} instead of {content(other)}")
            check = subprocess.run([ingot, "lake", "check"], cwd=folder, capture_output=True, text=True)
            if check.returncode != 0:
                sys.exit(f"{stage} with {room_kb} KB: lake check\n{check.stdout}{check.stderr}")
            for old in (folder / "duckdb").glob("*.before-*"):
                old.unlink()
    print(f"{len(stages)} stages, {failed} of {5 * len(stages)} runs met the full disk; after each, the next run completed it")


if __name__ == "__main__":
    main()
