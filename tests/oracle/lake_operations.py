"""`ingot lake` on tables that `deltalake` writes: earlier versions, restore, optimize and vacuum, each compared with what `deltalake`
and `pyarrow` read. While tables are optimized and restored, a second process reads them all the time and must see one of the known states.
Ends with 1 if anything differs.

usage: lake_operations.py INGOT      needs: deltalake pyarrow
"""
import datetime
import decimal
import hashlib
import json
import multiprocessing
import pathlib
import subprocess
import sys
import tempfile

import pyarrow as pa
import pyarrow.dataset as dataset
from deltalake import DeltaTable, write_deltalake

problems = []


def rows(start: int, count: int, days: int) -> pa.Table:
    numbers = range(start, start + count)
    return pa.table(
        {
            "id": pa.array(numbers, pa.int64()),
            "day": pa.array(
                [None if n % 97 == 0 else datetime.date(2026, 1, 1) + datetime.timedelta(days=n % days) for n in numbers],
                pa.date32(),
            ),
            "price": pa.array([decimal.Decimal(n * 37 % 10_000) / 100 for n in numbers], pa.decimal128(12, 2)),
            "at": pa.array(
                [datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone.utc) + datetime.timedelta(seconds=n) for n in numbers],
                pa.timestamp("us", "UTC"),
            ),
            "text": pa.array([None if n % 5 == 0 else f"a'b%{n}" for n in numbers], pa.string()),
            "number": pa.array([n / 7 for n in numbers], pa.float64()),
        }
    )


def content(table: pa.Table) -> list:
    names = sorted(table.column_names)
    return sorted((tuple(str(row[name]) for name in names) for row in table.select(names).to_pylist()))


def by_delta(folder: pathlib.Path, version: int | None = None) -> list:
    return content(DeltaTable(folder, version=version).to_pyarrow_dataset().to_table())


def digest(rows: list) -> str:
    return hashlib.sha256(repr(rows).encode()).hexdigest()


def live(folder: pathlib.Path) -> list[str]:
    return pa.table(DeltaTable(folder).get_add_actions(flatten=True)).column("path").to_pylist()


def expect(what: str, one, other) -> None:
    if one != other:
        problems.append(f"{what}: {str(one)[:200]} is not {str(other)[:200]}")


def read_all_the_while(folder: str, stop, out) -> None:
    """Reads the table again and again; gives the hashes of the states that it saw."""
    seen, reads = set(), 0
    while not stop.is_set():
        seen.add(digest(by_delta(pathlib.Path(folder))))
        reads += 1
    out.put((seen, reads))


def main() -> int:
    ingot = sys.argv[1]
    with tempfile.TemporaryDirectory(prefix="lake operations ") as place:
        lake = pathlib.Path(place) / "lake"

        def run(*arguments: str, code: int = 0) -> str:
            done = subprocess.run([ingot, "lake", *arguments, "--lake", lake], capture_output=True, text=True)
            if done.returncode != code:
                problems.append(f"lake {' '.join(arguments)}: ends with {done.returncode}\n{done.stderr}")
            return done.stdout

        for partition in [[], ["day"]]:
            name = "by_day" if partition else "plain"
            folder = lake / "silver" / "delta" / name
            label = f"silver.{name}"
            for step in range(12):
                write_deltalake(folder, rows(step * 500, 500, 3), mode="append", partition_by=partition or None)
            delta = DeltaTable(folder)
            delta.delete("id % 10 = 3")
            delta.update(predicate="id % 100 = 7", updates={"text": "'changed'"})
            newest = delta.version()
            for version in [0, 5, newest]:
                shown = json.loads(run("show", label, "--as-of", str(version), "--format", "json"))
                ours = sorted(str(row["id"]) + str(row["text"]) + str(row["price"]) + str(row["day"]) for row in shown)
                theirs = DeltaTable(folder, version=version).to_pyarrow_dataset().to_table().to_pylist()
                expect(
                    f"{label} version {version}",
                    ours,
                    sorted(str(row["id"]) + str(row["text"]) + str(row["price"]) + str(row["day"]) for row in theirs),
                )
            found = json.loads(run("diff", label, "--from", str(newest - 1), "--format", "json"))
            old = {row["id"]: row for row in DeltaTable(folder, version=newest - 1).to_pyarrow_dataset().to_table().to_pylist()}
            new = {row["id"]: row for row in DeltaTable(folder).to_pyarrow_dataset().to_table().to_pylist()}
            changed = sum(1 for key in new if key in old and new[key] != old[key])
            expect(
                f"{label} diff",
                [found["added"], found["removed"], found["changed"]],
                [len(new.keys() - old.keys()), len(old.keys() - new.keys()), changed],
            )

            before, first = by_delta(folder), by_delta(folder, 0)
            allowed = {digest(before), digest(first)}
            process = multiprocessing.get_context("spawn")
            stop, out = process.Event(), process.Queue()
            reader = process.Process(target=read_all_the_while, args=(str(folder), stop, out))
            reader.start()
            run("optimize", label)
            expect(f"{label} after optimize", by_delta(folder), before)
            expect(f"{label}: files", len(live(folder)), 4 if partition else 1)
            run("optimize", label, "--sort", "price,id")
            expect(f"{label} after sorting", by_delta(folder), before)
            for file in live(folder):
                prices = dataset.dataset(folder / file).to_table(columns=["price"]).column(0).to_pylist()
                expect(f"{label} is sorted", prices, sorted(prices))
            for _ in range(5):
                run("restore", label, "--as-of", "0")
                expect(f"{label} after a restore", by_delta(folder), first)
                run("restore", label, "--as-of", str(newest))
                expect(f"{label} after another", by_delta(folder), before)
            stop.set()
            seen, reads = out.get(timeout=60)
            reader.join()
            expect(f"{label}: states that {reads} reads saw", seen <= allowed, True)

            write_deltalake(folder, rows(100_000, 10, 3), mode="append", partition_by=partition or None)
            before = by_delta(folder)
            run("vacuum", label, "--retention", "0", code=2)
            run("vacuum", label, "--retention", "0", "--force")
            expect(f"{label} after a vacuum", by_delta(folder), before)
            on_disk = {path.name for path in folder.rglob("*.parquet") if "_delta_log" not in path.parts}
            expect(f"{label}: files on disk", on_disk, {file.rsplit("/", 1)[-1] for file in live(folder)})
            run("check", label)
            history = json.loads(run("history", label, "--format", "json"))["versions"]
            theirs = {entry["version"]: entry["operation"] for entry in DeltaTable(folder).history()}
            expect(f"{label} history", {entry["version"]: entry["operation"] for entry in history}, theirs)
            print(f"{label}: {len(theirs)} versions, {reads} reads beside them")
    for problem in problems:
        print(problem)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
