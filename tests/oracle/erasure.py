"""People of the retail project are erased; then a search of its own looks for what they had in every byte of every file.

    python tests/oracle/erasure.py INGOT [--people 50] [--scale 0.01] [--kills 3] [--seed 1]

The search knows nothing of ingot: raw bytes of all files, gzip and zstd opened, columns of Parquet files as pyarrow reads them,
DuckDB files as bytes and, because DuckDB compresses texts, as DuckDB reads them. It looks for values that no other person has,
not even as a part of a value. Before the erasure it must find all of them, or the test would show nothing.

After it: no such value; the same totals of sales; every row of everybody else as it was; all models build and all tests pass;
an old file that is delivered again brings nobody back; and an erasure that was killed with -9 at random moments is completed by
the next one.
"""

import argparse
import collections
import gzip
import hashlib
import json
import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import ahocorasick_rs
import duckdb
import pyarrow
import pyarrow.parquet

PERSONAL = ["natural_key", "first_name", "last_name", "email", "phone", "address_line1", "address_line2", "postcode"]
SHORTEST = 6
TOTALS = """select count(*), sum(quantity), sum(gross_amount), sum(net_amount), sum(tax_amount), sum(net_amount_aud),
    sum(gross_amount_aud) from gold.fct_sales"""


def run(project, *arguments, expect=0, **more):
    ended = subprocess.run([INGOT, *arguments], cwd=project, capture_output=True, text=True, **more)
    if expect is not None and ended.returncode != expect:
        sys.exit(f"ingot {' '.join(arguments[:1])} ended with {ended.returncode}\n{ended.stdout}{ended.stderr}")
    return ended


def bronze(project, table):
    return f"read_parquet('{project}/lake/bronze/delta/{table}/**/*.parquet', hive_partitioning = false, union_by_name = true)"


def people_and_values(project, count, chance):
    """Keys of random people, and their values that are in nobody else's values, as bytes."""
    columns = ", ".join(PERSONAL)
    rows = duckdb.sql(f"select distinct customer_id, {columns} from {bronze(project, 'customers')}").fetchall()
    keys = sorted({row[0] for row in rows})
    chosen = set(chance.sample(keys, count))
    theirs = {value for row in rows if row[0] in chosen for value in row[1:] if value and len(value) >= SHORTEST}
    others = "\n".join(value for row in rows if row[0] not in chosen for value in row[1:] if value).lower()
    lower = sorted({value.lower() for value in theirs})
    finder = ahocorasick_rs.AhoCorasick(lower)
    shared = set(finder.find_matches_as_strings(others, overlapping=True))
    own = sorted(value for value in theirs if value.lower() not in shared)
    # Silver writes some of them in another way.
    return chosen, sorted({spelled for value in own for spelled in (value, value.lower(), value.upper())})


class Search:
    def __init__(self, values):
        self.values = [value.encode() for value in values]
        self.finder = ahocorasick_rs.BytesAhoCorasick(self.values)
        self.texts = values

    def in_bytes(self, content):
        found = set()
        for at, begin, end in self.finder.find_matches_as_indexes(content, overlapping=True):
            value = self.values[at]
            # Digits alone, as a postcode of Singapore, are nobody's in the middle of a longer number.
            if value.isdigit() and (content[begin - 1 : begin].isdigit() or content[end : end + 1].isdigit()):
                continue
            found.add(value.decode())
        return found

    def in_file(self, path):
        content = path.read_bytes()
        found = self.in_bytes(content)
        if content[:2] == b"\x1f\x8b":
            found |= self.in_bytes(gzip.decompress(content))
        elif content[:4] == b"\x28\xb5\x2f\xfd":
            found |= self.in_bytes(pyarrow.input_stream(pyarrow.BufferReader(content), compression="zstd").read())
        elif content[:4] == b"PAR1":
            found |= self.in_parquet(path)
        elif content[8:12] == b"DUCK":
            found |= self.in_duckdb(path)
        return found

    def in_parquet(self, path):
        found = set()
        file = pyarrow.parquet.ParquetFile(path)
        for group in range(file.num_row_groups):
            for column in file.read_row_group(group).columns:
                for chunk in column.chunks:
                    for buffer in chunk.buffers():
                        if buffer is not None:
                            found |= self.in_bytes(buffer.to_pybytes())
                    if pyarrow.types.is_nested(chunk.type) or pyarrow.types.is_dictionary(chunk.type):
                        found |= self.in_bytes("\n".join(map(str, chunk.to_pylist())).encode())
        return found

    def in_duckdb(self, path):
        found = set()
        # A copy, so that nothing beside the file is made.
        with tempfile.TemporaryDirectory() as folder:
            copy = shutil.copy(path, pathlib.Path(folder) / "copy.duckdb")
            connection = duckdb.connect(str(copy), read_only=True)
            columns = connection.execute(
                "select schema_name, table_name, column_name from duckdb_columns() where not internal and data_type = 'VARCHAR' "
                "and (schema_name, table_name) in (select (schema_name, table_name) from duckdb_tables())"
            ).fetchall()
            for schema, table, column in columns:
                rows = connection.execute(f'select distinct "{column}" from "{schema}"."{table}"').fetchall()
                found |= self.in_bytes("\n".join(row[0] for row in rows if row[0]).encode())
            connection.close()
        return found

    def everywhere(self, project, without=()):
        found = collections.defaultdict(set)
        for path in sorted(project.rglob("*")):
            if path.is_file() and not path.is_symlink() and path not in without:
                for value in self.in_file(path):
                    found[value].add(str(path.relative_to(project)))
        return found


def rows_of(connection, query):
    digest = hashlib.sha256()
    rows = 0
    for row in sorted(map(repr, connection.execute(query).fetchall())):
        digest.update(row.encode())
        rows += 1
    return rows, digest.hexdigest()


def everybody_else(project, chosen):
    """A hash of all rows that are not of these people, for every table of bronze and of the warehouse that has people."""
    keys = ", ".join(map(str, sorted(chosen)))
    found = {}
    connection = duckdb.connect()
    others = f"coalesce(customer_id, 0) not in ({keys})"
    for table, condition in {
        "customers": others,
        "orders_header": others,
        "events": f"coalesce(json_extract_string(json, '$.user_id'), '') not in (select unnest([{keys}])::varchar)",
        "orders_lines": "true",
        "shipments": "true",
        "products": "true",
    }.items():
        if table == "orders_header":
            # A sale that lost its customer is still a sale: it is nobody's now, and was not before.
            condition = f"{others} and order_id not in (select order_id from theirs)"
        files = f"read_parquet('{project}/lake/bronze/parquet/{table}/**/*.parquet', hive_partitioning = false, union_by_name = true)"
        found[f"bronze.{table}"] = (files, condition)
    theirs = sorted(
        row[0]
        for row in connection.execute(
            f"select order_id from {found['bronze.orders_header'][0]} where customer_id in ({keys})"
        ).fetchall()
    )
    return connection, found, theirs, keys


class Others:
    """Rows of everybody else, which must stay."""

    def __init__(self, project, chosen):
        self.chosen = chosen
        _, self.tables, self.orders, self.keys = everybody_else(project, chosen)
        warehouse = duckdb.connect(str(project / "duckdb/warehouse.duckdb"), read_only=True)
        keys = warehouse.execute(f"select customer_key from silver.customers where customer_id in ({self.keys})").fetchall()
        shared = warehouse.execute(
            f"select customer_key from silver.customers where customer_id not in ({self.keys})"
        ).fetchall()
        self.surrogates = sorted({row[0] for row in keys} - {row[0] for row in shared})
        self.shared = sorted({row[0] for row in keys} & {row[0] for row in shared})
        warehouse.close()

    def hashes(self, project):
        connection = duckdb.connect()
        connection.execute("create table theirs (order_id bigint)")
        connection.executemany("insert into theirs values (?)", [[order] for order in self.orders])
        found = {name: rows_of(connection, f"select * from {files} where {condition}") for name, (files, condition) in self.tables.items()}
        warehouse = duckdb.connect(str(project / "duckdb/warehouse.duckdb"), read_only=True)
        surrogates = ", ".join(map(str, [*self.surrogates, *self.shared, 0]))
        orders = ", ".join(map(str, [*self.orders, 0]))
        for table, condition in {
            "silver.customers": f"customer_id not in ({self.keys})",
            "silver.orders": f"order_id not in ({orders})",
            "silver.events": f"user_id is null or user_id not in ({self.keys})",
            "snapshots.customers_snapshot": f"customer_id not in ({self.keys})",
            "gold.dim_customer": f"customer_key not in ({surrogates})",
            "gold.fct_sales": f"order_id not in ({orders})",
            "gold.dim_product": "true",
            "gold.fct_returns": f"order_id not in ({orders})",
        }.items():
            left_out = ["dbt_updated_at", "dbt_valid_from", "dbt_valid_to", "dbt_scd_id"] if table.startswith("snapshots") else []
            exclude = f" exclude ({', '.join(left_out)})" if left_out else ""
            found[table] = rows_of(warehouse, f"select *{exclude} from {table} where {condition}")
        warehouse.close()
        return found


def totals(project):
    warehouse = duckdb.connect(str(project / "duckdb/warehouse.duckdb"), read_only=True)
    found = warehouse.execute(TOTALS).fetchone()
    warehouse.close()
    return found


def prepared(folder, scale):
    project = folder / "shop"
    run(folder, "init", "shop")
    run(project, "generate", "--scale", str(scale), "--days", "360", "--quiet")
    run(project, "load-bronze", "--quiet")
    run(project, "run-models", "--quiet")
    shutil.copy(project / "data_raw/customers.csv", folder / "old-customers.csv")
    # A later window, so that tables have versions.
    run(project, "generate", "--scale", str(scale), "--start-date", "2023-12-27", "--days", "40", "--quiet")
    run(project, "load-bronze", "--quiet")
    run(project, "run-models", "--quiet")
    run(project, "publish", "--quiet")
    run(project, "docs", "--quiet")
    return project


def erase(project, chosen, expect=0):
    keys = "\n".join(map(str, sorted(chosen)))
    return run(
        project, "erase", "--contract", "customers", "--keys-from", "-", "--column", "customer_id", "--reason", "a test",
        input=keys, expect=expect,
    )


def must(holds, what):
    if not holds:
        FAILED.append(what)
        print(f"  FAILED: {what}")


def check_gone(search, project, when, without=()):
    found = search.everywhere(project, without)
    files = collections.Counter(file for places in found.values() for file in places)
    must(not found, f"{when}: {len(found)} of {len(search.values)} values are still there: {dict(files.most_common(8))}")


def one_kill(original, folder, chosen, search, sums, seconds, chance, number):
    project = folder / f"killed-{number}" / "shop"
    shutil.copytree(original, project, symlinks=True)
    process = subprocess.Popen(
        [INGOT, "erase", "--contract", "customers", "--keys-from", "-", "--column", "customer_id", "--quiet"],
        cwd=project, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, text=True,
    )
    process.stdin.write("\n".join(map(str, sorted(chosen))))
    process.stdin.close()
    # Looking takes most of the time: only each fourth kill comes at any moment, the others after something has changed.
    journal = project / "lake/.erasure.json"
    while number % 4 and process.poll() is None and not journal.exists():
        time.sleep(0.005)
    after = chance.uniform(0, seconds if number % 4 == 0 else seconds / 2)
    time.sleep(after)
    process.send_signal(signal.SIGKILL)
    was_running = process.wait() == -signal.SIGKILL
    has_begun = journal.exists()
    if has_begun:
        loads = run(project, "load-bronze", "--quiet", expect=None)
        must(loads.returncode != 0, f"kill {number}: a load works while an erasure is not complete")
        run(project, "erase", "--quiet")
    else:
        erase(project, chosen) if was_running else None
    check_gone(search, project, f"kill {number} after {after:.2f} s")
    must(not (project / "lake/.erasure.json").exists(), f"kill {number}: the journal is still there")
    run(project, "load-bronze", "--quiet")
    run(project, "run-models", "--quiet")
    must(totals(project) == sums, f"kill {number}: totals of sales changed")
    check_gone(search, project, f"kill {number} after {after:.2f} s, models built")
    run(project, "lake", "check", "--quiet")
    run(project, "audit", "verify")
    shutil.rmtree(project.parent)
    return has_begun


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("ingot")
    parser.add_argument("--people", type=int, default=50)
    parser.add_argument("--scale", type=float, default=0.01)
    parser.add_argument("--kills", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", help="folder to work in, which is kept")
    options = parser.parse_args()
    global INGOT
    INGOT = str(pathlib.Path(options.ingot).resolve())
    chance = random.Random(options.seed)
    temporary = tempfile.TemporaryDirectory() if not options.keep else None
    folder = pathlib.Path(options.keep or temporary.name).resolve()
    folder.mkdir(exist_ok=True)

    project = prepared(folder, options.scale)
    chosen, values = people_and_values(project, options.people, chance)
    search = Search(values)
    before = search.everywhere(project)
    must(len(before) >= len(values) / 3, "the search finds what is there")
    kinds = collections.Counter(file.split("/")[0] for places in before.values() for file in places)
    print(f"  {len(chosen)} people, {len(values)} values of their own, found before in {dict(kinds)}")
    others = Others(project, chosen)
    hashes, sums = others.hashes(project), totals(project)
    original = folder / "original"
    if options.kills:
        shutil.copytree(project, original, symlinks=True)

    listed = run(project, "erase", "--contract", "customers", "--key", f"customer_id={min(chosen)}", "--dry-run", "--format", "json")
    must(json.loads(listed.stdout)[0]["places"], "a dry run lists places")
    must(others.hashes(project) == hashes, "a dry run changes nothing")

    begun = time.monotonic()
    erase(project, chosen)
    seconds = time.monotonic() - begun
    print(f"  erased in {seconds:.1f} s")
    check_gone(search, project, "after the erasure")
    after = others.hashes(project)
    for table, expected in hashes.items():
        must(after[table] == expected, f"rows of others in {table}: {expected[0]} before, {after[table][0]} after")
    must(totals(project) == sums, f"totals of sales: {sums} before, {totals(project)} after")
    verified = run(project, "erase", "--verify", input="\n".join(values), expect=None)
    must(verified.returncode == 0, f"--verify: {verified.stdout}")
    for check in (["lake", "check"], ["audit", "verify"], ["bronze", "status"], ["doctor"]):
        ended = run(project, *check, expect=None)
        must(ended.returncode == 0, f"ingot {' '.join(check)}: {ended.stdout}{ended.stderr}")
    trail = "".join(path.read_text() for path in (project / "audit").glob("*.jsonl"))
    must('"erasures"' in trail, "the audit trail has a certificate")

    loaded = run(project, "load-bronze", "--format", "json")
    summary = json.loads(loaded.stdout)
    loaded_again = [file for table in summary.get("tables", []) for file in table.get("files", []) if file.get("status") == "loaded"]
    must(not loaded_again, f"a load after the erasure takes files for new: {loaded_again[:3]}")
    run(project, "run-models", "--quiet")
    check_gone(search, project, "after the models were built")
    must(totals(project) == sums, f"totals of sales after a run: {sums} before, {totals(project)} after")

    # An old file is delivered again.
    again = project / "data_raw/customers.csv"
    shutil.copy(folder / "old-customers.csv", again)
    run(project, "load-bronze", "--quiet")
    check_gone(search, project, "after an old file came again", without=[again])
    rejected = duckdb.connect().execute(
        f"select count(*), count(nullif(raw_text, '')) from read_parquet('{project}/lake/_rejects/customers/*.parquet') "
        "where reason_codes like '%ERASED%'"
    ).fetchone()
    must(rejected[0] >= options.people * 0.9 and rejected[1] == 0, f"rejects as ERASED, and those with text: {rejected}")
    run(project, "run-models", "--quiet")
    must(totals(project) == sums, "totals of sales after an old file came again")
    erase(project, chosen)
    check_gone(search, project, "after the second erasure")

    begun = sum(
        one_kill(original, folder, chosen, search, sums, seconds * 1.1, chance, number) for number in range(1, options.kills + 1)
    )
    if options.kills:
        print(f"  {options.kills} kills, {begun} of them after something had changed")
    if FAILED:
        sys.exit(f"{len(FAILED)} checks failed")
    print("  nothing of them is left, and nothing of others has changed")


INGOT = ""
FAILED = []
main()
