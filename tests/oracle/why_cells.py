"""`ingot why` against the truth: rows of bronze are taken away, and the models built again.

    python tests/oracle/why_cells.py PROJECT --ingot target/release/ingot [--cells 200] [--seed 1] [--table fct_sales]

PROJECT is the retail project after `ingot demo`. Cells of gold facts and dimensions are chosen at random. For each, `ingot why` names
the rows of bronze that it is made of. In a copy in memory, the models are built from nothing by DuckDB

* without the rows that are named: the cell must be another one, or gone;
* without a random sample of the other rows of the same feeds, and of feeds of which no row is named: the cell must be as it was.

It also says how long each call took, and how many rows were named.
"""

import argparse
import collections
import json
import os
import random
import resource
import statistics
import subprocess
import sys
import time

import duckdb

# The key of each table that is asked for.
KEYS = {
    "fct_sales": ["order_id", "line_number"],
    "fct_returns": ["return_id"],
    "fct_shipments": ["shipment_id"],
    "fct_sensor_readings": ["store_id", "shelf_id", "reading_hour"],
    "dim_customer": ["customer_key"],
    "dim_product": ["product_key"],
    "dim_product_scd": ["product_version_key"],
    "dim_store": ["store_key"],
    "dim_supplier": ["supplier_key"],
}
OTHERS = 200


def literal(value):
    return "null" if value is None else "'" + str(value).replace("'", "''") + "'"


class Copy:
    """The project's tables in memory, under the names that its SQL has."""

    def __init__(self):
        self.manifest = json.load(open("target/manifest.json"))
        check = json.load(open("target/check.ingot"))
        self.connection = duckdb.connect()
        self.connection.execute("set threads = 2; set TimeZone = 'UTC'")
        nodes = {**self.manifest["nodes"], **self.manifest["sources"]}
        self.nodes = {id: node for id, node in nodes.items() if node["resource_type"] in ("model", "snapshot", "source", "seed")}
        for database in {node["database"] for node in self.nodes.values()}:
            self.connection.execute(f"attach ':memory:' as \"{database}\"")
        for database, schema in {(node["database"], node["schema"]) for node in self.nodes.values()}:
            self.connection.execute(f'create schema if not exists "{database}"."{schema}"')
        self.connection.execute("attach 'duckdb/warehouse.duckdb' as stored (read_only)")
        self.compiled, self.feeds = {}, {}
        for id, node in self.nodes.items():
            if node["resource_type"] == "source":
                read = node["relation_name"]
                if "(" not in read:
                    read = f'stored."{node["schema"]}"."{node["identifier"]}"'
                else:
                    self.feeds[node["name"]] = id
                self.connection.execute(f"create table {self.table(id)} as select * from {read}")
            elif node["resource_type"] != "seed":
                sql = check[id]["compiled"].rstrip().rstrip(";")
                own = [column for column in check[id]["columns"] if node["resource_type"] == "snapshot" and column["name"].startswith("dbt_")]
                added = "".join(f', cast(null as {column["data_type"]}) as "{column["name"]}"' for column in own)
                self.compiled[id] = f"select *{added} from (\n{sql}\n) as q"
        self.order = []
        for id in self.nodes:
            self.visit(id)
        for id in self.order:
            self.build(id)

    def visit(self, id):
        if id in self.order or id not in self.nodes:
            return
        for parent in self.parents(id):
            self.visit(parent)
        self.order.append(id)

    def parents(self, id):
        return [one for one in self.nodes[id].get("depends_on", {}).get("nodes", []) if one in self.nodes]

    def table(self, id):
        node = self.nodes[id]
        identifier = node["identifier"] if node["resource_type"] == "source" else node["alias"]
        return f'"{node["database"]}"."{node["schema"]}"."{identifier}"'

    def build(self, id):
        if id in self.compiled:
            self.connection.execute(f"create or replace table {self.table(id)} as {self.compiled[id]}")

    def insert(self, table, rows):
        files, numbers, times = (list(column) for column in zip(*rows))
        self.connection.execute(
            f"insert into {table} select unnest(?::varchar[]), unnest(?::bigint[]), unnest(?::varchar[])::timestamp", [files, numbers, times]
        )

    def ancestors(self, id):
        found, left = set(), [id]
        while left:
            one = left.pop()
            if one not in found:
                found.add(one)
                left += self.parents(one)
        return found

    def without(self, id, taken, read):
        """What `read` gives when these rows are not in bronze: by feed, tuples of file, row and time."""
        wanted = self.ancestors(id)
        self.connection.execute("begin")
        try:
            changed = set()
            for feed, rows in taken.items():
                source = self.feeds[feed]
                changed.add(source)
                self.connection.execute("create or replace temp table taken (file varchar, number bigint, loaded timestamp)")
                self.insert("taken", rows)
                self.connection.execute(
                    f"create or replace table {self.table(source)} as select * from {self.table(source)} as t "
                    "anti join temp.taken on t.src_filename = taken.file and t.src_row_number = taken.number and t.ingestion_ts = taken.loaded"
                )
            for one in self.order:
                if one in wanted and any(parent in changed for parent in self.parents(one)):
                    self.build(one)
                    changed.add(one)
            return self.connection.execute(read).fetchall()
        finally:
            self.connection.execute("rollback")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("project")
    parser.add_argument("--ingot", required=True)
    parser.add_argument("--cells", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--table")
    parser.add_argument("--only-time", action="store_true")
    parser.add_argument("-v", "--verbose", action="store_true")
    arguments = parser.parse_args()
    ingot = os.path.abspath(arguments.ingot)
    os.chdir(arguments.project)
    subprocess.run([ingot, "check"], check=True, capture_output=True)
    chance = random.Random(arguments.seed)
    copy = Copy() if not arguments.only_time else None
    connection = copy.connection if copy else duckdb.connect()
    if not copy:
        connection.execute("attach 'duckdb/warehouse.duckdb' as stored (read_only)")
    tables = [arguments.table] if arguments.table else list(KEYS)
    faults, seconds, cpu, named, kinds = [], [], [], collections.defaultdict(list), collections.Counter()

    def fault(text):
        faults.append(text)
        # A long comparison that is stopped has said what it found.
        print(f"FAULT {text}", flush=True)

    for number in range(arguments.cells):
        table = tables[number % len(tables)]
        key = KEYS[table]
        listed = ", ".join(key)
        count = connection.execute(f"select count(*) from stored.gold.{table}").fetchone()[0]
        values = connection.execute(
            f"select {listed} from stored.gold.{table} order by {listed} limit 1 offset {chance.randrange(count)}"
        ).fetchone()
        columns = [row[0] for row in connection.execute(f"describe stored.gold.{table}").fetchall()]
        column = chance.choice(columns)
        where = " and ".join(f"{name} = {literal(value)}" for name, value in zip(key, values))
        cell = f"{table}.{column} where {where}"
        before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        ran = subprocess.run(
            [ingot, "why", f"gold.{table}", "--where", where, "--column", column, "--format", "json", "--limit", "10000000"],
            capture_output=True,
            text=True,
        )
        took, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
        seconds.append((took, cell))
        cpu.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
        if ran.returncode:
            fault(f"{cell}: {ran.stderr.strip()}")
            continue
        answer = json.loads(ran.stdout)
        rows = {one["table"].split(".")[1]: [(row["file"], row["row_number"], row["ingestion_ts"]) for row in one.get("raw", [])] for one in answer["tables"] if one.get("raw", [])}
        for one in answer["tables"]:
            if one["table"].startswith("bronze.") and one["rows"] != len(one.get("raw", [])):
                fault(f"{cell}: {one['rows']} rows of {one['table']}, and {len(one['raw'])} are listed")
            for note in one.get("notes", []):
                kinds[f"{one['table']}: {note}"] += 1
        if arguments.verbose:
            print(f"{took:.2f}s {cell}: {({feed: len(found) for feed, found in rows.items()})}", flush=True)
        for feed, found in rows.items():
            named[feed].append(len(found))
        if not copy:
            continue
        id = f"model.{copy.manifest['metadata']['project_name']}.{table}"
        read = f"select {column} from {copy.table(id)} where {where}"
        value = connection.execute(read).fetchall()
        if value != connection.execute(f"select {column} from stored.gold.{table} where {where}").fetchall():
            kinds["cells that a full build gives otherwise: not compared"] += 1
            continue
        if rows:
            if copy.without(id, rows, read) == value:
                fault(f"{cell}: {value} does not change without the rows that are named: {({feed: len(found) for feed, found in rows.items()})}")
        else:
            kinds[f"cells of {table} that no row of bronze made"] += 1
        others = {}
        for feed, source in copy.feeds.items():
            if source not in copy.ancestors(id):
                continue
            connection.execute("create or replace temp table named (file varchar, number bigint, loaded timestamp)")
            if rows.get(feed):
                copy.insert("named", rows[feed])
            rest = connection.execute(
                f"select src_filename, src_row_number, ingestion_ts::varchar from {copy.table(source)} as t anti join temp.named "
                f"on t.src_filename = named.file and t.src_row_number = named.number and t.ingestion_ts = named.loaded order by hash(src_filename, src_row_number, {number}) limit {OTHERS}"
            ).fetchall()
            if rest:
                others[feed] = rest
        changed = copy.without(id, others, read)
        if changed != value:
            alone = [feed for feed, taken in others.items() if copy.without(id, {feed: taken}, read) != value]
            fault(f"{cell}: {value} becomes {changed} without rows that are not named, of {alone or 'several feeds'}")
    ordered = sorted(seconds)
    print(f"{len(seconds)} cells; median {ordered[len(ordered) // 2][0]:.2f} s, longest {ordered[-1][0]:.2f} s ({ordered[-1][1]}); median CPU {statistics.median(cpu):.2f} s, most {max(cpu):.2f} s")
    for feed, counts in sorted(named.items()):
        print(f"  {feed}: named for {len(counts)} cells, median {statistics.median(counts):.0f} rows, most {max(counts)}")
    for kind, count in kinds.most_common(20):
        print(f"  {count} x {kind}")
    print(f"{len(faults)} faults")
    sys.exit(1 if faults else 0)


main()
