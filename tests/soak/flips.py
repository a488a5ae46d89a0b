#!/usr/bin/env python3
"""Damaged files: each is found, none is read as other values, and each is repaired by the command that is named.

    tests/soak/flips.py INGOT [--flips 40] [--losses 10] [--seed N]

One bit at a time is flipped, or a file cut or removed, in data files of bronze, in copies of gold, in Delta logs, and in the
DuckDB file with manifest and models. `ingot lake check` must name the file, a default run must either refuse it or
give what it gives without the damage, and the named command must bring everything back. A flipped bit of the DuckDB file
that no table needs may go unnoticed, as long as all tables stay the same.
"""

import datetime
import pathlib
import random
import re
import shutil
import subprocess
import sys
import tempfile

from shop import FIRST_DAY, arguments, content, deliver, project, run


def victims(folder):
    """Files by kind. Both sides of a table are one file under two names, so the Delta side is enough."""
    lake = folder / "lake"
    found = {"bronze": [], "gold": [], "log": [], "warehouse": [folder / "duckdb" / "warehouse.duckdb"]}
    for layer in ("bronze", "gold"):
        for table in sorted((lake / layer / "delta").iterdir()):
            found["log"] += sorted(file for file in (table / "_delta_log").iterdir() if file.is_file())
            shown = {file.name for file in (lake / layer / "parquet" / table.name).rglob("*.parquet")}
            found[layer] += sorted(file for file in table.rglob("*.parquet") if file.name in shown)
    return found


def try_content(folder):
    try:
        return content(folder)
    except Exception as error:
        return str(error).split("\n")[0]


def commands_in(text):
    return [command.split() for command in re.findall(r"ingot ((?:lake|bronze|run-models)[a-zA-Z0-9_.\- ]*[a-zA-Z0-9_])", text)]


def main():
    options = arguments(__doc__, seed=True, flips=40, losses=10)
    chance, ingot = random.Random(options.seed), options.ingot
    folder = pathlib.Path(tempfile.mkdtemp(prefix="ingot-flips-"))
    project(folder, 168)
    for number in (1, 2, 3):
        deliver(folder, number, FIRST_DAY + datetime.timedelta(days=number - 1), 200)
        run(ingot, folder, "load-bronze", "--quiet")
        run(ingot, folder, "run-models", "--quiet")
    before = content(folder)

    def call(*command):
        done = subprocess.run([ingot, *command], cwd=folder, capture_output=True, text=True)
        return done.returncode, done.stdout + done.stderr

    tally = {}

    def note(kind, what):
        tally.setdefault(kind, {}).setdefault(what, 0)
        tally[kind][what] += 1

    def fail(kind, path, what, text=""):
        print(text)
        sys.exit(f"{kind} {path}: {what}; the project is in {folder}")

    def repair(kind, path, text):
        """Runs the commands that an answer names, one after the other, until a check finds nothing."""
        for _ in range(4):
            commands = [command for command in commands_in(text) if command[:2] != ["lake", "history"]]
            if not commands:
                fail(kind, path, "no command is named", text)
            call(*commands[0])
            code, text = call("lake", "check")
            if code == 0:
                return
        fail(kind, path, "the named commands do not repair it", text)

    for trial in range(options.flips + options.losses):
        is_flip = trial < options.flips
        files = victims(folder)
        kind = chance.choice(list(files))
        path = chance.choice(files[kind])
        sound = path.read_bytes()
        if is_flip:
            damaged = bytearray(sound)
            bit = chance.randrange(len(sound) * 8)
            damaged[bit // 8] ^= 1 << (bit % 8)
            path.write_bytes(damaged)
        elif chance.random() < 0.5:
            path.unlink()
        else:
            path.write_bytes(sound[: chance.randrange(len(sound))])
        if kind == "warehouse":
            found, listed = call("lake", "check")
            code, text = call("run-models", "--quiet")
            if found == 0 and code == 0:
                # Unused bytes.
                if try_content(folder) != before:
                    fail(kind, path, f"was read as other values: {try_content(folder)} instead of {before}", text)
                note(kind, "without effect")
                continue
            if "ingot lake recover" not in listed + text:
                fail(kind, path, "the command is not named", listed + text)
            note(kind, "refused" if code else "found")
            code, text = call("lake", "recover")
            if code != 0:
                fail(kind, path, "the warehouse does not come back", text)
            code, text = call("run-models", "--quiet")
        else:
            code, text = call("lake", "check", "--format", "json")
            if code != 1 or path.name not in text:
                fail(kind, path, "lake check does not name it", text)
            run_code, said = call("run-models", "--quiet")
            note(kind, "refused" if run_code else "not read")
            if run_code == 0 and try_content(folder) != before:
                fail(kind, path, f"was read as other values: {try_content(folder)} instead of {before}", said)
            code, text = call("lake", "check", "--format", "json")
            if code != 0:
                repair(kind, path, text)
            call("run-models", "--quiet")
        if try_content(folder) != before:
            fail(kind, path, f"is not as before after its repair: {try_content(folder)} instead of {before}")
        for old in (folder / "duckdb").glob("*.before-*"):
            old.unlink()
    print(f"{options.flips} flips, {options.losses} cut or lost files: {tally}")
    shutil.rmtree(folder)


if __name__ == "__main__":
    main()
