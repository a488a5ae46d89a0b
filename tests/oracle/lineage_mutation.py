"""Column lineage against the truth: each input column of each model is changed in a small warehouse, and the outputs
that change are compared with the edges that `ingot lineage` names.

    python tests/oracle/lineage_mutation.py PROJECT --ingot target/release/ingot [--model fct_sales]

PROJECT is a project after `ingot demo`. For every model and every column of every table that it reads, the model's SQL
is run over copies of the table in which that column is other values, shuffled values, or NULL. An output column changes
if its values (with how often each occurs) are not what they were. It fails if an output changes without an edge from that
column, or without the column being one that decides which rows there are. Edges that never mattered are listed.
"""

import argparse
import collections
import json
import os
import re
import subprocess
import sys

import duckdb

# Kinds of changes, as SQL over a column and its type.
NUMBERS = ("INT", "DECIMAL", "DOUBLE", "FLOAT")


def changes(column, kind):
    name = f'"{column}"'
    shuffled = f"lag({name}, 1, {name}) over (order by {name})"
    out = [f"cast(null as {kind})", shuffled]
    if kind.startswith(NUMBERS) or "INT" in kind:
        out += [f"try_cast(try({name} * 3 + 7) as {kind})", f"try_cast(case when rowid % 2 = 0 then try(-{name}) else {name} end as {kind})", f"cast(1 as {kind})"]
    elif kind == "VARCHAR":
        out += [f"{name} || 'x'", f"case when rowid % 2 = 0 then {name} || '9' else {name} end", f"case when rowid % 3 = 0 then '' else upper({name}) end", f"case when rowid % 2 = 0 then null else lower({name}) end"]
    elif kind == "BOOLEAN":
        out += [f"not {name}", "rowid % 2 = 0"]
    elif kind == "DATE":
        out += [f"cast({name} + 400 as date)", f"case when rowid % 2 = 0 then cast({name} - 30 as date) else {name} end"]
    elif kind.startswith("TIMESTAMP"):
        out += [f"{name} + interval 400 day", f"case when rowid % 2 = 0 then {name} - interval 30 day + interval 5 hour else {name} end"]
    return out


def fingerprint(connection, sql, columns):
    """For each output column, a sum of hashes of its values; it changes with the values and how often each occurs."""
    parts = ", ".join(f'coalesce(sum(hash("{c}")::hugeint), 0) || \':\' || count(*)' for c in columns)
    return connection.execute(f"select {parts} from (\n{sql}\n) as rows_of_the_model").fetchone()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("project")
    parser.add_argument("--ingot", required=True)
    parser.add_argument("--model")
    arguments = parser.parse_args()
    ingot = os.path.abspath(arguments.ingot)
    os.chdir(arguments.project)
    ran = subprocess.run([ingot, "lineage", "--format", "json"], capture_output=True, text=True, check=True)
    lineage = json.loads(ran.stdout)
    print(f"{lineage['resolved']} of {lineage['columns']} columns of models are resolved")
    edges = collections.defaultdict(set)
    for edge in lineage["edges"]:
        (table, column), (to, output) = edge["from"], edge["to"]
        edges[to].add((table, column, output))
    rows = collections.defaultdict(set)
    for edge in lineage["rows"]:
        rows[edge["to"]].add(tuple(edge["from"]))
    check = json.load(open("target/check.ingot"))
    manifest = json.load(open("target/manifest.json"))

    connection = duckdb.connect()
    connection.execute("set threads = 2; set TimeZone = 'UTC'")
    connection.execute("attach 'duckdb/warehouse.duckdb' as built (read_only); create schema copies")
    tables = {}  # label: name of a copy, columns
    for kind in ("nodes", "sources"):
        for node in manifest[kind].values():
            if node["resource_type"] not in ("model", "seed", "snapshot", "source"):
                continue
            is_source = node["resource_type"] == "source"
            identifier = node["identifier"] if is_source else node["alias"]
            label = f"{node['source_name']}.{node['name']}" if is_source else f"{node['schema']}.{node['alias']}"
            rows_of = node["relation_name"] if is_source and "(" in (node["relation_name"] or "") else f'built."{node["schema"]}"."{identifier}"'
            written = f'"{node["database"]}"."{node["schema"]}"."{identifier}"'
            tables[label] = (rows_of, written, node["unique_id"])

    missing, never, tried, unrunnable = [], [], 0, []
    for label, (_, _, unique_id) in sorted(tables.items()):
        if not unique_id.startswith(("model.", "snapshot.")) or not (arguments.model or label.split(".")[1]) == label.split(".")[1]:
            continue
        sql = (check[unique_id]["compiled"] or "").rstrip().rstrip(";")
        outputs = [column["name"] for column in check[unique_id]["columns"] if not column["name"].startswith("dbt_")]
        inputs = [other for other, (_, written, _) in tables.items() if written in sql]
        for at, other in enumerate(inputs):
            rows_of, written, _ = tables[other]
            connection.execute(f"create or replace table copies.t{at} as select * from {rows_of}")
            sql = sql.replace(written, f"copies.t{at}")
        try:
            before = fingerprint(connection, sql, outputs)
            if before != fingerprint(connection, sql, outputs):
                unrunnable.append(f"{label}: gives other rows each time")
                continue
        except duckdb.Error as error:
            unrunnable.append(f"{label}: {str(error).splitlines()[0]}")
            continue
        mattered = set()
        for at, other in enumerate(inputs):
            for column, kind in connection.execute(f"select column_name, column_type from (describe copies.t{at})").fetchall():
                changed = set()
                for change in changes(column, kind):
                    try:
                        connection.execute(
                            f'create or replace table copies.changed as select * replace ({change} as "{column}") from copies.t{at}'
                        )
                        after = fingerprint(connection, re.sub(rf"copies\.t{at}\b", "copies.changed", sql), outputs)
                    except duckdb.Error:
                        continue  # Values that the model's casts refuse.
                    changed |= {name for name, a, b in zip(outputs, before, after) if a != b}
                tried += 1
                mattered |= {(other, column, output) for output in changed}
                for output in changed:
                    if (other, column, output) not in edges[label] and (other, column) not in rows[label]:
                        missing.append(f"{other}.{column} -> {label}.{output}")
        never += [f"{a}.{b} -> {label}.{c}" for a, b, c in sorted(edges[label] - mattered)]
    print(f"{tried} columns of inputs were changed, {sum(map(len, edges.values()))} edges are named")
    print(f"{len(never)} edges never mattered in this data:")
    print("\n".join(f"  {edge}" for edge in never))
    for line in unrunnable:
        print(f"not tried: {line}")
    print(f"{len(missing)} edges are missing")
    print("\n".join(f"  {edge}" for edge in missing))
    sys.exit(1 if missing else 0)


main()
