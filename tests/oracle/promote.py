"""How long `ingot promote` takes, and how much space it needs.

    python tests/oracle/promote.py INGOT [SCALE]

The retail project is loaded and tested in an environment, whose state is promoted to another one, and a third begins as a clone.
Blocks are counted by inode, so that a file with two names counts once: neither the tables nor the warehouse may cost any.
Then one environment is written to, and the others must have what they had.
"""

import os
import pathlib
import resource
import subprocess
import sys
import tempfile
import time

import deltalake
import duckdb

SECONDS = 2.0
# What a promotion may cost on disk: a part of the state, and some megabytes for the folders of small projects.
SHARE = 0.02
MEGABYTES = 4


def used():
    """CPU seconds of the commands that have ended."""
    about = resource.getrusage(resource.RUSAGE_CHILDREN)
    return about.ru_utime + about.ru_stime


def run(*arguments):
    begun, before = time.perf_counter(), used()
    ended = subprocess.run([INGOT, *arguments], cwd=PROJECT, capture_output=True, text=True)
    if ended.returncode != 0:
        sys.exit(f"{' '.join(arguments)} ended with {ended.returncode}\n{ended.stdout}{ended.stderr}")
    return time.perf_counter() - begun, used() - before


def inodes(folder):
    """The bytes on disk of each inode below a folder."""
    found = {}
    for root, _, files in os.walk(folder):
        for file in files:
            about = os.lstat(os.path.join(root, file))
            found[about.st_ino] = about.st_blocks * 512
    return found


def versions(environment):
    tables = (PROJECT / f"environments/{environment}/lake").glob("*/delta/*/_delta_log")
    return {str(log.parent.relative_to(PROJECT / f"environments/{environment}")): deltalake.DeltaTable(str(log.parent)).version() for log in tables}


def main():
    scale = sys.argv[2] if len(sys.argv) > 2 else "0.01"
    run("init", ".")
    run("generate", "--scale", scale, "--quiet")
    run("env", "add", "test")
    run("env", "add", "prod")
    run("load-bronze", "--quiet", "--target", "test")
    run("run-models", "--quiet", "--target", "test")
    os.sync()
    known = inodes(PROJECT / "environments/test")
    for name, command in (("promote", ("promote", "test", "prod")), ("clone", ("env", "add", "dev", "--from", "prod"))):
        environment = "prod" if name == "promote" else "dev"
        seconds, cpu = run(*command)
        new = {inode: size for inode, size in inodes(PROJECT / "environments" / environment).items() if inode not in known}
        state = sum(inodes(PROJECT / "environments/test").values())
        known |= new
        print(f"{name} at scale {scale}: {seconds:.2f} s, of the CPU {cpu:.2f} s; a state of {state / 1e6:.1f} MB costs {sum(new.values()) / 1e6:.2f} MB")
        # What may be changed in place is copied: lists, rejects, artifacts.
        if sum(new.values()) > state * SHARE + MEGABYTES * 1e6:
            sys.exit(f"{name} costs more than {SHARE:.0%} of the state")
        if versions(environment) != versions("test") or not versions("test"):
            sys.exit("the versions of the tables are others")
        if seconds > SECONDS:
            sys.exit(f"{name} took longer than {SECONDS} s")
    compare()
    run("generate", "--scale", scale, "--quiet", "--start-date", "2025-01-01", "--days", "2")
    run("load-bronze", "--quiet", "--target", "test")
    run("run-models", "--quiet", "--target", "test")
    compare(without="test")


def compare(without=None):
    """All environments must have the same rows in their warehouses, but the one that was written to."""
    query = "select table_schema, table_name from information_schema.tables where table_type = 'BASE TABLE' order by all"
    found = {}
    for environment in ("test", "prod", "dev"):
        connection = duckdb.connect(str(PROJECT / f"environments/{environment}/duckdb/warehouse.duckdb"), read_only=True)
        tables = connection.execute(query).fetchall()
        found[environment] = {table: connection.execute(f'select count(*), bit_xor(hash(t)) from "{table[0]}"."{table[1]}" as t').fetchone() for table in tables}
        connection.close()
    for environment in found:
        is_same = bool(found["dev"]) and found[environment] == found["dev"]
        if is_same == (environment == without):
            sys.exit(f"the rows of the warehouse of {environment} are {'the same' if is_same else 'others'}")
    print(f"{len(found['dev'])} tables of the warehouse have the same rows in {'all three' if without is None else f'all but {without}'}")


INGOT = str(pathlib.Path(sys.argv[1]).resolve())
with tempfile.TemporaryDirectory() as folder:
    PROJECT = pathlib.Path(folder)
    main()
