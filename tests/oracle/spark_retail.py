"""Runs the retail project on DuckDB and over Spark Connect, from the same bronze, and compares every row of every model.

    python tests/oracle/spark_retail.py INGOT SERVER [--scale S]

SERVER is a folder with an environment that has pysail (Sail) or pyspark (Apache Spark), and the client of Spark Connect; the Python
that runs this needs duckdb too. On Sail there are three runs: from nothing, an increment with the deliveries of a second window,
and a full refresh. After each, every model and snapshot has the same columns and, by a hash over all of them, the same rows on both
sides. Apache Spark, whose Delta is not on PyPI, builds once from nothing, from the Parquet side of bronze and without what follows
from snapshots. Times are compared in UTC, floating-point numbers to twelve digits, JSON by what it says. `ingot load-bronze` keeps
its manifest in a DuckDB file that neither side reads, so that models of the manifest have no rows on either.
"""

import argparse
import datetime
import hashlib
import json
import shutil
import subprocess
import tempfile
import time
import uuid
from decimal import Decimal
from pathlib import Path

import duckdb
from spark import Server, client, leave

REPOSITORY = Path(__file__).resolve().parents[2]
PARTS = ("dbt_project.yml", "generate.yaml", "macros", "models", "snapshots", "schemas", "analyses")
# The tests that are queries of their own look at DuckDB's catalog, or are written for it; those of columns run on both.
SPARKS_TESTS = ("--exclude", "test_type:singular", "test_type:unit")


class Failed(SystemExit):
    pass


def run(ingot, root, *words):
    begun = time.monotonic()
    done = subprocess.run([ingot, *words], cwd=root, capture_output=True, text=True, timeout=900)
    if done.returncode != 0:
        lines = [line for line in done.stdout.splitlines() if not any(word in line for word in (" ok ", " skip "))]
        raise Failed(f"WRONG: {' '.join(map(str, words))} ended with {done.returncode}:\n" + "\n".join(lines[-60:]) + done.stderr)
    return time.monotonic() - begun


def plain(value):
    match value:
        case datetime.datetime():
            return value.astimezone(datetime.timezone.utc).replace(tzinfo=None).isoformat() if value.tzinfo else value.isoformat()
        case datetime.date():
            return value.isoformat()
        case Decimal():
            return format(value.normalize(), "f")
        case float():
            return f"{value:.12g}"
        case str() if value.startswith("{"):
            return json.dumps(json.loads(value), sort_keys=True)
        case _:
            return value


def rows_of(table, columns):
    return sorted((tuple(plain(row[name]) for name in columns) for row in table.to_pylist()), key=repr)


def compare(relations, warehouse, spark):
    count, different = 0, []
    connection = duckdb.connect(str(warehouse), read_only=True)
    connection.execute("set timezone = 'UTC'")
    # The views of staging name files by paths from the project.
    connection.execute(f"set file_search_path = '{warehouse.parent}'")
    for schema, name in relations:
        there = spark.sql(f"select * from {schema}.{name}").toArrow()
        here = connection.sql(f"select * from {schema}.{name}").to_arrow_table()
        columns = here.column_names
        if columns != there.column_names:
            different.append(f"{schema}.{name}: the columns on DuckDB are {columns}, on Spark {there.column_names}")
            continue
        here, there = rows_of(here, columns), rows_of(there, columns)
        digests = {hashlib.sha256(repr(rows).encode()).hexdigest() for rows in (here, there)}
        count += len(here)
        if len(digests) > 1:
            ours, theirs = sorted(set(here) - set(there), key=repr), sorted(set(there) - set(here), key=repr)
            names = [name for at, name in enumerate(columns) if ours and theirs and len(ours) == len(theirs) and any(a[at] != b[at] for a, b in zip(ours, theirs))]
            different.append(
                f"{schema}.{name}: {len(here)} rows on DuckDB, {len(there)} on Spark, {len(ours)} and {len(theirs)} that the other "
                f"has not{' (in ' + ', '.join(names) + ')' if names else ''}; the first are\n  {ours[:2]}\n  {theirs[:2]}"
            )
    connection.close()
    return count, different


def without_delta(root):
    """Apache Spark has no Delta here: tables are Parquet, and those whose rows are replaced by key are made whole."""
    project = root / "dbt_project.yml"
    project.write_text(project.read_text().replace("file_format: delta", "file_format: parquet"))
    for model in (root / "models").rglob("*.sql"):
        model.write_text(model.read_text().replace("materialized='incremental'", "materialized='table'"))


def parquet_of_bronze(root, spark):
    """The tables of bronze by the Parquet files that have the same rows as their Delta tables."""
    spark.sql("create schema if not exists bronze")
    manifest = json.loads((root / "target" / "manifest.json").read_text())
    for source in manifest["sources"].values():
        if source["source_name"] == "bronze":
            files, table = root / "lake" / "bronze" / "parquet" / source["name"], f"bronze.{source['identifier']}"
            spark.sql(f"create table {table} using parquet options (path '{files}', mergeSchema 'true')")
            if any(path.is_dir() for path in files.iterdir()):
                spark.sql(f"msck repair table {table}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("ingot", type=Path)
    parser.add_argument("server", type=Path)
    parser.add_argument("--scale", default="0.002")
    arguments = parser.parse_args()
    ingot = arguments.ingot.resolve()
    with tempfile.TemporaryDirectory(prefix="ingot-spark-retail-") as name:
        root = Path(name) / "retail"
        root.mkdir()
        for part in PARTS:
            source = REPOSITORY / part
            (shutil.copytree if source.is_dir() else shutil.copy)(source, root / part)
        shutil.copytree(REPOSITORY / "tests" / "data", root / "tests" / "data")
        server = Server(arguments.server.absolute(), Path(name))
        try:
            # The catalog of Sail lives as long as the session, which therefore has a name.
            url = f"sc://127.0.0.1:{server.port}/;user_id=ingot;session_id={uuid.uuid4()}"
            spark_output = {"type": "spark", "method": "connect", "url": url, "schema": "retail", "threads": 2}
            if server.is_sail:
                spark_output["server_side_parameters"] = {"spark.sql.warehouse.dir": str(root / "warehouse")}
            outputs = {"duckdb": {"type": "duckdb", "path": "models.duckdb", "threads": 2}, "spark": spark_output}
            (root / "profiles.yml").write_text(json.dumps({"retail": {"target": "duckdb", "outputs": outputs}}))
            # Apache Spark reads each of the many small files in some milliseconds.
            days = "60" if server.is_sail else "25"
            run(ingot, root, "generate", "--scale", arguments.scale, "--days", days, "--quiet")
            run(ingot, root, "load-bronze", "--manifest", "manifest.duckdb", "--quiet")
            spark = client(url)
            runs, on_sparks_side = ("from nothing", "an increment", "a full refresh"), SPARKS_TESTS
            if server.is_sail:
                run(ingot, root, "dbt", "run-operation", "bronze_tables", "--target", "spark", "--args", json.dumps({"lake": str(root / "lake")}))
            else:
                runs, on_sparks_side = ("from nothing",), (*SPARKS_TESTS, "resource_type:snapshot+")
                without_delta(root)
                run(ingot, root, "dbt", "parse")
                parquet_of_bronze(root, spark)
            said = []
            for what in runs:
                flags = ("--full-refresh",) if what == "a full refresh" else ()
                if what == "an increment":
                    run(ingot, root, "generate", "--scale", arguments.scale, "--start-date", "2023-03-02", "--days", "15", "--quiet")
                    run(ingot, root, "load-bronze", "--manifest", "manifest.duckdb", "--quiet")
                on_duckdb = run(ingot, root, "dbt", "build", *flags)
                on_spark = run(ingot, root, "dbt", "build", "--target", "spark", *flags, *on_sparks_side)
                nodes = json.loads((root / "target" / "manifest.json").read_text())["nodes"]
                results = json.loads((root / "target" / "run_results.json").read_text())["results"]
                built = [nodes[result["unique_id"]] for result in results if result["unique_id"].startswith(("model.", "snapshot."))]
                relations = sorted((node["schema"], node["alias"]) for node in built)
                tests = sum(1 for result in results if result["status"] == "pass")
                if server.is_sail and len(relations) != sum(node["resource_type"] in ("model", "snapshot") for node in nodes.values()):
                    raise Failed(f"WRONG: {what}: only {len(relations)} relations were built")
                count, different = compare(relations, root / "models.duckdb", spark)
                if different:
                    raise Failed(f"WRONG: {what}: {len(different)} of {len(relations)} relations differ\n" + "\n".join(different))
                said.append(f"{what} {len(relations)} relations, {count} rows, {tests} tests ({on_duckdb:.0f} and {on_spark:.0f} s)")
        finally:
            server.stop()
    print(f"the same on DuckDB and on {'Sail' if server.is_sail else 'Apache Spark'}: " + "; ".join(said))


if __name__ == "__main__":
    leave(main)
