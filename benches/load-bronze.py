"""Speed of `ingot load-bronze`, and the size of what it writes, beside DuckDB's own COPY over the same files, feed by feed.

    benches/load-bronze.py [--raw DIR] [--scale 1] [--ingot PATH] [--feeds a,b] [--repeat 2]

For each CSV, JSONL and Parquet feed the contract is turned into
`COPY (SELECT * FROM read_csv(<files>, <types>)) TO <folder> (FORMAT parquet, PARTITION_BY (...))`: the types are the
contract's, rows that do not fit are dropped (DuckDB keeps no reasons, no raw text, no positions, no hashes, no
manifest and no Delta log). Both use as many threads as there are cores. Each runs in a process of its own; the best of the
repetitions counts. Without --raw the data is generated first. Needs Python with duckdb and pyyaml.

The last line is the whole: wall and CPU seconds, peak memory, and ingot's share of DuckDB's wall and CPU time,
and of the bytes of its Parquet files. Ingot's files have the audit columns, 8 bytes of each row for the hash among them.
"""

import argparse
import itertools
import os
import pathlib
import re
import shutil
import sys
import tempfile

from measure import least, run

ROOT = pathlib.Path(__file__).resolve().parents[1]

TYPES = {"i32": "INTEGER", "i64": "BIGINT", "f64": "DOUBLE", "str": "VARCHAR", "bool": "BOOLEAN", "date": "DATE",
         "ts": "TIMESTAMPTZ"}


def copy_statement(contract, raw, out):
    """The COPY of a feed; None for formats that DuckDB reads with a downloaded extension only."""
    table = contract["schema"][0]
    server = next(server for server in contract["servers"] if server["server"] == "raw")
    partitions = next((p["value"] for p in table.get("customProperties", []) if p["property"] == "partitions"), [])
    glob = f"{raw}/" + re.sub(r"\{[^}]*\}", "*", server["path"])
    if server["format"] == "csv":
        columns = {p["name"]: TYPES.get(p["physicalType"], p["physicalType"].replace("dec", "DECIMAL"))
                   for p in table["properties"]}
        source = f"read_csv('{glob}', header = true, delim = ',', quote = '\"', columns = {columns}, ignore_errors = true, "
    elif server["format"] == "jsonl":
        source = f"read_ndjson_objects('{glob}', ignore_errors = true, "
    elif server["format"] == "parquet":
        source = f"read_parquet('{glob}', "
    else:
        return None
    named = {p["name"] for p in table["properties"]}
    # Partition columns that stand in the rows too are the rows' own.
    source += f"hive_partitioning = {any(p['name'] not in named for p in partitions)})".lower()
    by = f", PARTITION_BY ({', '.join(p['name'] for p in partitions)})" if partitions else ""
    return f"COPY (SELECT * FROM {source}) TO '{out}' (FORMAT parquet{by})"


def best(repeat, command):
    return least([run(command()) for _ in range(repeat)])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--raw")
    parser.add_argument("--scale", default="1")
    parser.add_argument("--ingot", default=os.environ.get("CARGO_TARGET_DIR", "target") + "/release/ingot")
    parser.add_argument("--feeds")
    parser.add_argument("--repeat", type=int, default=2)
    arguments = parser.parse_args()
    import yaml

    scratch = pathlib.Path(tempfile.mkdtemp(prefix="ingot-bench-"))
    try:
        raw = arguments.raw or str(scratch / "data_raw")
        if not arguments.raw:
            run([arguments.ingot, "--project-dir", str(ROOT), "generate", "--scale", arguments.scale, "--out", raw])
        places = itertools.count()

        # Each run writes to a folder of its own, and all are deleted at the end: ext4 passes over inodes that were deleted
        # in the last minutes one by one, which would cost both programs up to a third of their time.
        def load(*more):
            place = scratch / f"ingot-{next(places)}"
            return [arguments.ingot, "--project-dir", str(ROOT), "load-bronze", "--raw", raw, "--lake", f"{place}/lake",
                    "--manifest", f"{place}/warehouse.duckdb", *more]

        def copy(contract):
            (place := scratch / f"copy-{next(places)}").mkdir()
            statement = copy_statement(contract, raw, place / "out")
            threads = f"SET threads = {os.cpu_count()}; SET enable_progress_bar = false"
            return [sys.executable, "-c", f"import duckdb; duckdb.sql({threads!r}); duckdb.sql({statement!r})"]

        print(f"{'feed':16}{'ingot s':>9}{'CPU s':>8}{'MiB':>7}{'COPY s':>10}{'CPU s':>8}{'MiB':>7}{'wall':>8}{'CPU':>7}"
              f"{'ingot MB':>10}{'COPY MB':>9}{'size':>6}")
        rows = []
        for path in sorted((ROOT / "schemas").glob("*.odcs.yaml")):
            contract = yaml.safe_load(path.read_text())
            name = contract["schema"][0]["name"]
            if arguments.feeds and name not in arguments.feeds.split(","):
                continue
            if copy_statement(contract, raw, "") is None:
                continue
            theirs = best(arguments.repeat, lambda: copy(contract))
            written = newest(scratch, "copy-*")
            ours = best(arguments.repeat, lambda: load("--table", name))
            rows.append((name, ours + (size(newest(scratch, "ingot-*") / "lake/bronze/delta"),), theirs + (size(written),)))
            show(*rows[-1])
        both = [tuple((max if what == 2 else sum)(row[side][what] for row in rows) for what in range(4)) for side in (1, 2)]
        show("together", *both)
        if not arguments.feeds:
            wall, cpu, memory = best(arguments.repeat, load)
            print(f"{'all at once':16}{wall:9.2f}{cpu:8.2f}{memory:7.0f}")
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def newest(folder, pattern):
    return max(folder.glob(pattern), key=lambda place: int(place.name.split("-")[1]))


def size(folder):
    """Bytes of the data files below a folder; a COPY without partitions writes one file without an extension."""
    files = (path for path in folder.rglob("*") if path.is_file() and path.suffix in ("", ".parquet"))
    return sum(path.stat().st_size for path in files)


def show(name, ours, theirs):
    print(f"{name:16}{ours[0]:9.2f}{ours[1]:8.2f}{ours[2]:7.0f}{theirs[0]:10.2f}{theirs[1]:8.2f}{theirs[2]:7.0f}"
          f"{ours[0] / theirs[0]:8.2f}{ours[1] / theirs[1]:7.2f}"
          f"{ours[3] / 1e6:10.2f}{theirs[3] / 1e6:9.2f}{ours[3] / theirs[3]:6.2f}", flush=True)


main()
