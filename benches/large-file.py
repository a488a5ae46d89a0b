"""One large file: `ingot load-bronze` beside DuckDB's own COPY to Parquet, in time and peak memory.

    benches/large-file.py [--gigabytes 2] [--ingot PATH] [--formats csv,jsonl,parquet] [--repeat 2] [--at-most RATIO]

For each format a file of sales (a key, a moment, texts of few and of many values, a decimal, a number) of that size is
made with DuckDB, and a contract for it. COPY gets the contract's types; it keeps no reasons, positions, hashes, manifest
or Delta log. Each runs in a process of its own with as many threads as there are cores; the best of the repetitions
counts. Ends with 1 where ingot takes more than `--at-most` of COPY's time. Needs Python with duckdb, and five times the
size as free disk.
"""

import argparse
import itertools
import os
import pathlib
import shutil
import sys
import tempfile

from measure import least, run

COLUMNS = {"sale_id": ("i64", "BIGINT"), "sold_at": ("ts", "TIMESTAMPTZ"), "store": ("str", "VARCHAR"),
           "customer": ("str", "VARCHAR"), "amount": ("dec(12,2)", "DECIMAL(12,2)"), "quantity": ("i32", "INTEGER"),
           "note": ("str", "VARCHAR")}
LOGICAL = {"i64": "integer", "i32": "integer", "ts": "timestamp", "str": "string", "dec(12,2)": "number"}
ROWS = """SELECT i AS sale_id, TIMESTAMP '2024-01-01' + INTERVAL (i % 31536000) SECOND AS sold_at,
    'store ' || (hash(i) % 300) AS store, 'c' || (hash(i * 7) % 2000000) AS customer,
    ((hash(i * 3) % 1000000) / 100)::DECIMAL(12,2) AS amount, (hash(i * 5) % 9 + 1)::INTEGER AS quantity,
    'delivered to ' || (hash(i * 11) % 90000) || ', paid by card' AS note FROM range({from_}, {to}) t(i)"""
# Bytes of a row, as found; Parquet's are compressed with zstd.
ROW_BYTES = {"csv": 92, "jsonl": 178, "parquet": 16}
CSV = "strftime(sold_at, '%Y-%m-%dT%H:%M:%SZ') AS sold_at"


def make(kind, rows, path):
    import duckdb

    connection = duckdb.connect()
    select = ROWS.format(from_=0, to=rows)
    if kind == "parquet":
        connection.sql("SET TimeZone = 'UTC'")
        connection.sql(f"COPY (SELECT * REPLACE (sold_at::TIMESTAMPTZ AS sold_at) FROM ({select})) TO '{path}' "
                       "(FORMAT parquet, COMPRESSION zstd)")
    else:
        how = "(FORMAT csv, HEADER)" if kind == "csv" else "(FORMAT json)"
        connection.sql(f"COPY (SELECT * REPLACE ({CSV}) FROM ({select})) TO '{path}' {how}")


def contract(kind):
    lines = ["apiVersion: v3.1.0", "kind: DataContract", "id: sales", "name: sales", "version: 1.0.0", "status: active",
             "servers:", f"  - {{server: raw, type: local, path: 'sales.{kind}', format: {kind}}}", "schema:",
             "  - name: sales", "    properties:"]
    for name, (physical, _) in COLUMNS.items():
        lines.append(f"      - {{name: {name}, logicalType: {LOGICAL[physical]}, physicalType: '{physical}'}}")
    return "\n".join(lines) + "\n"


def copy(kind, path, out):
    types = {name: theirs for name, (_, theirs) in COLUMNS.items()}
    source = {"csv": f"read_csv('{path}', header = true, delim = ',', quote = '\"', columns = {types})",
              "jsonl": f"read_json('{path}', format = 'newline_delimited', columns = {types})",
              "parquet": f"read_parquet('{path}')"}[kind]
    statement = f"COPY (SELECT * FROM {source}) TO '{out}' (FORMAT parquet)"
    setup = f"SET threads = {os.cpu_count()}; SET enable_progress_bar = false"
    return [sys.executable, "-c", f"import duckdb; duckdb.sql({setup!r}); duckdb.sql({statement!r})"]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--gigabytes", type=float, default=2)
    parser.add_argument("--ingot", default=os.environ.get("CARGO_TARGET_DIR", "target") + "/release/ingot")
    parser.add_argument("--formats", default="csv,jsonl,parquet")
    parser.add_argument("--repeat", type=int, default=2)
    parser.add_argument("--at-most", type=float)
    arguments = parser.parse_args()
    scratch = pathlib.Path(tempfile.mkdtemp(prefix="ingot-large-"))
    too_slow = []
    try:
        print(f"{'format':9}{'MB':>7}{'ingot s':>9}{'CPU s':>8}{'MiB':>7}{'COPY s':>9}{'CPU s':>8}{'MiB':>7}{'wall':>7}{'CPU':>7}")
        for kind in arguments.formats.split(","):
            project = scratch / kind
            (project / "schemas").mkdir(parents=True)
            (project / "data_raw").mkdir()
            (project / "schemas/sales.odcs.yaml").write_text(contract(kind))
            raw = project / f"data_raw/sales.{kind}"
            make(kind, int(arguments.gigabytes * 1e9 / ROW_BYTES[kind]), raw)
            places = itertools.count()
            ours, theirs = [], []
            # In turns, so that what else the machine does meets both.
            for _ in range(arguments.repeat):
                theirs.append(run(copy(kind, raw, project / f"copy-{next(places)}.parquet")))
                place = project / f"ingot-{next(places)}"
                ours.append(run([arguments.ingot, "--project-dir", str(project), "load-bronze", "--lake",
                                     f"{place}/lake", "--manifest", f"{place}/warehouse.duckdb"]))
            ours, theirs = least(ours), least(theirs)
            ratio = ours[0] / theirs[0]
            print(f"{kind:9}{raw.stat().st_size / 1e6:7.0f}{ours[0]:9.2f}{ours[1]:8.2f}{ours[2]:7.0f}{theirs[0]:9.2f}"
                  f"{theirs[1]:8.2f}{theirs[2]:7.0f}{ratio:7.2f}{ours[1] / theirs[1]:7.2f}", flush=True)
            if arguments.at_most is not None and ratio > arguments.at_most:
                too_slow.append(kind)
            shutil.rmtree(project)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    if too_slow:
        sys.exit(f"slower than {arguments.at_most} of COPY: {', '.join(too_slow)}")


main()
