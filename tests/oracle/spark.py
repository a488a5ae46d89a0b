"""Runs a dbt-spark project with ingot on a real server over Spark Connect, and looks at the result with Spark's own Python client.

    python tests/oracle/spark.py INGOT SERVER [--dbt ENVIRONMENT]

SERVER is a folder with an environment that has pysail (Sail) or pyspark (Apache Spark), and the client of Spark Connect in both
cases. The server is started on a free port of 127.0.0.1 and ended at the end. On Sail tables are Delta; on Apache Spark, whose
Delta is not on PyPI, they are Parquet, and what needs Delta (merge, snapshots) is left out.

Checked are the rows of every relation against what Python makes of the seed, a second and a third run, the catalog, messages of
mistakes, a proxy that cuts every connection again and again (on Apache Spark), a slow one, Ctrl-C, a server that is gone, and one
that asks for a token (Apache Spark's). With --dbt, a folder with an environment that has dbt-spark[session] and what
pyspark[connect] needs, dbt-spark builds the same project on the same server of Apache Spark, and must have the same rows, by the
same statements.
"""

import argparse
import csv
import json
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import traceback
import uuid
from decimal import Decimal
from pathlib import Path

PROJECT = Path(__file__).resolve().parent / "spark_project"
SEED = list(csv.DictReader((PROJECT / "seeds" / "raw_orders.csv").open()))
WAIT = 120
# Every statement is in logs/dbt.log of the project.
LOG = {"DBT_LOG_FORMAT_FILE": "json", "DBT_LOG_LEVEL_FILE": "debug"}

checks = 0


def check(truth, what):
    global checks
    checks += 1
    if not truth:
        raise SystemExit(f"WRONG: {what}")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    def __init__(self, environment, folder):
        self.bin, self.folder = environment / "bin", folder
        self.is_sail = (self.bin / "sail").exists()
        self.port = free_port()
        self.process = None
        self.start()

    def start(self, token=None):
        log = (self.folder / "server.log").open("ab")
        if self.is_sail:
            command = [self.bin / "sail", "spark", "server", "--ip", "127.0.0.1", "--port", str(self.port)]
        else:
            home = subprocess.check_output(
                [self.bin / "python", "-c", "import os, pyspark; print(os.path.dirname(pyspark.__file__))"], text=True
            ).strip()
            command = [
                f"{home}/bin/spark-submit", "--class", "org.apache.spark.sql.connect.service.SparkConnectServer",
                "--master", "local[2]", "--driver-memory", "1g", "--name", "ingot",
            ]
            settings = {
                "spark.connect.grpc.binding.address": "127.0.0.1",
                "spark.connect.grpc.binding.port": self.port,
                "spark.sql.warehouse.dir": self.folder / "warehouse",
                "spark.ui.enabled": "false",
                "spark.sql.shuffle.partitions": 2,
                # Streams end often, so that an operation has to be attached to again.
                "spark.connect.execute.reattachable.senderMaxStreamDuration": "1s",
            }
            if token:
                settings["spark.connect.authenticate.token"] = token
            for key, value in settings.items():
                command += ["--conf", f"{key}={value}"]
            command.append("spark-internal")
        self.process = subprocess.Popen(
            command, cwd=self.folder, stdout=log, stderr=log, start_new_session=True,
            env={**os.environ, "SPARK_LOCAL_IP": "127.0.0.1"},
        )
        for _ in range(WAIT * 10):
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return
            except OSError:
                if self.process.poll() is not None:
                    break
                time.sleep(0.1)
        raise SystemExit(f"the server did not start:\n{(self.folder / 'server.log').read_text()[-3000:]}")

    def stop(self):
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


class Proxy:
    """Hands bytes on, after a while, and closes each connection when it has handed on some thousands."""

    def __init__(self, port, least, most, seed, delay=0):
        self.to, self.least, self.most, self.random, self.cuts = port, least, most, random.Random(seed), 0
        self.delay = delay
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", self.to))
            budget = [self.random.randint(self.least, self.most)]
            for pair in ((client, server), (server, client)):
                threading.Thread(target=self.pump, args=(*pair, budget), daemon=True).start()

    def pump(self, one, other, budget):
        try:
            while True:
                data = one.recv(4096)
                if not data:
                    break
                budget[0] -= len(data)
                if budget[0] <= 0:
                    self.cuts += 1
                    break
                time.sleep(self.delay)
                other.sendall(data)
        except OSError:
            pass
        for end in (one, other):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            end.close()


class Project:
    def __init__(self, ingot, server, folder, name):
        self.ingot, self.server, self.root = ingot, server, folder / name
        shutil.copytree(PROJECT, self.root)
        self.schema = name
        self.warehouse = folder / f"warehouse-{name}"
        self.session = str(uuid.uuid4())
        self.connect(server.port)

    def address(self, port, session=True):
        return f"sc://127.0.0.1:{port}/;user_id=ingot" + (f";session_id={self.session}" if session else "")

    def connect(self, port):
        output = {
            "type": "spark", "method": "connect", "url": self.address(port), "schema": self.schema, "threads": 4,
        }
        if self.server.is_sail:
            output["server_side_parameters"] = {"spark.sql.warehouse.dir": str(self.warehouse)}
        self.write_profile(output)

    def write_profile(self, output):
        profile = {"spark_shop": {"target": "connect", "outputs": {"connect": output}}}
        (self.root / "profiles.yml").write_text(json.dumps(profile))

    def command(self, *words, **variables):
        if self.server.is_sail:
            variables["format"] = "delta"
        return [self.ingot, *words, "--vars", json.dumps(variables)]

    def run(self, *words, code=0, **variables):
        done = subprocess.run(
            self.command(*words, **variables), cwd=self.root, capture_output=True, text=True, timeout=600, env=os.environ | LOG
        )
        check(done.returncode == code, f"{words} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}")
        return done.stdout + done.stderr

    def statuses(self):
        results = json.loads((self.root / "target" / "run_results.json").read_text())["results"]
        return {result["unique_id"].split(".", 2)[2]: result["status"] for result in results}


def rows(spark, sql):
    return sorted((tuple(row.values()) for row in spark.sql(sql).toArrow().to_pylist()), key=repr)


def expected_customers():
    out = {}
    for row in SEED:
        name = row["customer"].upper()
        orders, spent, first = out.get(name, (0, Decimal(0), "9999"))
        out[name] = (orders + 1, spent + Decimal(row["amount"]), min(first, row["ordered_on"]))
    return sorted((name, orders, spent, first, ";") for name, (orders, spent, first) in out.items())


def look(spark, schema, is_sail, runs):
    """`runs` are the values that `upto` had, the last one last."""
    upto = runs[-1]
    seed = rows(spark, f"select order_id, customer, amount, cast(ordered_on as string), cast(paid_at as string), is_gift, note from {schema}.raw_orders")
    wanted = [
        (int(r["order_id"]), r["customer"], Decimal(r["amount"]), r["ordered_on"], r["paid_at"] or None, r["is_gift"] == "true", r["note"] or None)
        for r in SEED
    ]
    check(seed == sorted(wanted, key=repr), f"the seed is {seed}")
    customers = rows(spark, f"select customer, orders, spent, cast(first_order as string), mark from {schema}.customers")
    check(customers == expected_customers(), f"customers are {customers}")
    months = rows(spark, f"select month, amount, twice from {schema}.months")
    check(months == [("2024-01", Decimal("35.75"), Decimal("71.50")), ("2024-02", Decimal("7.75"), Decimal("15.50"))], f"months are {months}")
    appended = [row[0] for row in rows(spark, f"select order_id from {schema}.appended")]
    check(appended == list(range(1, upto + 1)), f"appended once each are {appended}")
    overwritten = [row[0] for row in rows(spark, f"select order_id from {schema}.overwritten")]
    first = 1 if len(runs) == 1 else 2
    check(overwritten == list(range(first, upto + 1)), f"overwritten are {overwritten}")
    functions = rows(spark, f"select * from {schema}.functions")
    wanted = ("2024-02-02 00:00:00", "2024-02-29 00:00:00", 2, 3, 1, 3, "b", "ab", 7, "9dd4e461268c8034f5c8564e155c67a6", "2024-02-29", 4, 2, "it's")
    check(functions == [wanted], f"functions give {functions}")
    if is_sail:
        merged = rows(spark, f"select order_id, amount, first_seen from {schema}.merged")
        seen = {}
        for run in runs:
            for number in range(1, run + 1):
                seen.setdefault(number, run)
        wanted = [(int(r["order_id"]), Decimal(r["amount"]) + upto, seen[int(r["order_id"])]) for r in SEED if int(r["order_id"]) <= upto]
        check(merged == sorted(wanted, key=repr), f"merged are {merged}")


def look_at_history(spark, schema, runs, gone):
    history = spark.sql(
        f"select order_id, amount, dbt_valid_from, dbt_valid_to, dbt_is_deleted from {schema}.order_history order by order_id, dbt_valid_from"
    ).toArrow().to_pylist()
    first = [row for row in history if row["order_id"] == 1]
    amounts = [row["amount"] for row in first]
    wanted = [Decimal("10.50") + upto for upto in dict.fromkeys(runs)]
    check(amounts[: len(wanted)] == wanted, f"the versions of order 1 have the amounts {amounts}")
    for older, newer in zip(first, first[1:]):
        check(older["dbt_valid_to"] == newer["dbt_valid_from"], f"the history of order 1 has a gap: {first}")
    check(first[-1]["dbt_valid_to"] is None, "the newest version has no end")
    check((first[-1]["dbt_is_deleted"] == "True") == gone, f"order 1 is gone: {first[-1]}")
    others = [row for row in history if row["order_id"] != 1]
    check(len(others) == len(SEED) - 1 and all(row["dbt_valid_to"] is None for row in others), f"others changed: {others}")


def client(address):
    from pyspark.sql import SparkSession

    return SparkSession.builder.remote(address).create()


def build_three_times(project, server, spark_of, dbt):
    project.run("dbt", "build", upto=2)
    statuses = project.statuses()
    bad = {name: status for name, status in statuses.items() if status not in ("success", "pass", "warn")}
    check(not bad, f"statuses {bad}")
    check(statuses["no_gifts_over_ten"] == "warn", f"the test that warns: {statuses['no_gifts_over_ten']}")
    check(any("customers_are_counted" in name for name in statuses), "the unit test ran")
    spark = spark_of()
    look(spark, project.schema, server.is_sail, [2])
    failures = rows(spark, f"select order_id from {project.schema}_dbt_test__audit.no_gifts_over_ten")
    check(failures == [(1,)], f"the stored failures are {failures}")
    if server.is_sail:
        look_at_history(spark, project.schema, [2], False)
    project.run("dbt", "build", upto=4)
    look(spark, project.schema, server.is_sail, [2, 4])
    compared = compare_with_dbt(dbt, server, project, spark) if dbt and not server.is_sail else None
    if server.is_sail:
        look_at_history(spark, project.schema, [2, 4], False)
        project.run("dbt", "snapshot", upto=4, gone=1)
        look_at_history(spark, project.schema, [2, 4], True)
    project.run("dbt", "build", "--full-refresh", "--exclude-resource-type", "snapshot", upto=3)
    look(spark, project.schema, server.is_sail, [3])
    return compared


def compare_with_dbt(environment, server, project, spark):
    """dbt-spark builds the project as ingot has built it, on the same server: first up to order 2 and then up to 4."""
    root, schema = server.folder / "dbt", f"{project.schema}_of_dbt"
    shutil.copytree(PROJECT, root)
    # dbt-spark puts a model with a contract into a subquery with its final semicolon, which is then not valid.
    customers = root / "models" / "customers.sql"
    customers.write_text(customers.read_text().strip().removesuffix(";"))
    # Its method `session` puts the values of seeds between quotes as they are, so that notes with an apostrophe or a backslash fail.
    seed = root / "seeds" / "raw_orders.csv"
    seed.write_text(re.sub(r"['\\]", "", seed.read_text()))
    output = {
        "type": "spark", "method": "session", "host": "none", "schema": schema, "threads": 1,
        "server_side_parameters": {"spark.sql.session.timeZone": "UTC"},
    }
    (root / "profiles.yml").write_text(json.dumps({"spark_shop": {"target": "session", "outputs": {"session": output}}}))
    # Spark's client, which runs in this process too, leaves a variable that would keep dbt-spark's from its address.
    variables = {name: value for name, value in os.environ.items() if name != "SPARK_CONNECT_MODE_ENABLED"}
    variables |= LOG | {"DBT_LOG_PATH": str(root / "logs"), "SPARK_REMOTE": project.address(server.port, session=False)}
    for upto in (2, 4):
        done = subprocess.run(
            [environment / "bin" / "dbt", "build", "--vars", json.dumps({"upto": upto})], cwd=root, capture_output=True, text=True,
            timeout=900, env=variables,
        )
        check(done.returncode == 0, f"dbt-spark ended with {done.returncode}:\n{done.stdout[-4000:]}")
    compared = 0
    for table in ("raw_orders", "customers", "months", "appended", "overwritten", "functions"):
        columns = [field.name for field in spark.table(f"{project.schema}.{table}").schema]
        check([field.name for field in spark.table(f"{schema}.{table}").schema] == columns, f"the columns of {table} are dbt-spark's")
        compared_columns = ", ".join(name for name in columns if name != "note")
        ours, theirs = (rows(spark, f"select {compared_columns} from {of}.{table}") for of in (project.schema, schema))
        check(ours == theirs, f"{table}: dbt-spark has\n{theirs}\ningot has\n{ours}")
        compared += 1
    ours, theirs = statements(project.root / "logs", project.schema), statements(root / "logs", schema)
    check(set(ours) == set(theirs), f"nodes with statements: {sorted(set(ours) ^ set(theirs))} on one side only")
    for node, sent in theirs.items():
        check(ours[node] == sent, f"{node}: dbt-spark sends\n" + "\n".join(sent) + "\ningot sends\n" + "\n".join(ours[node]))
    return compared, sum(map(len, theirs.values()))


def statements(logs, schema):
    """What was sent for each node to make something or to test it, in one form, without comments.

    Left out are questions about columns and tables, which ingot asks fewer of, and what drops a table, which dbt-spark sends where
    there is nothing to drop; and the unit test, for which dbt-spark makes a temporary view to ask for the types of its columns.
    """
    sent = {}
    for line in (logs / "dbt.log").read_text().splitlines():
        event = json.loads(line)
        node = event["data"].get("node_info")
        if event["info"]["name"] != "SQLQuery" or not node or node["unique_id"].startswith("unit_test."):
            continue
        sql = re.sub(r"/\* \{.*?\} \*/|--[^\n]*", " ", event["data"]["sql"])
        sql = re.sub(rf"\b{schema}(?=\b|_dbt_test)", "SCHEMA", sql)
        sql = re.sub(r" ?([(),]) ?", r"\1", " ".join(sql.split())).removesuffix(";").strip()
        # Threads of ingot share a session, in which the names of temporary views have to differ.
        sql = re.sub(r"\b[A-Za-z]+__(\w+__dbt_tmp)\b", r"\1", sql)
        # `to_timestamp` takes a number for milliseconds on Sail.
        sql = sql.replace("timestamp_seconds(", "to_timestamp(")
        # Values of a seed are bound to their places there, and written in their places here.
        if sql.startswith("insert into") and node["unique_id"].startswith("seed."):
            sql = sql.split(" values")[0]
        asks = sql.startswith(("describe ", "show ", "drop ", "create schema ")) or sql.endswith("where false limit 0") or "limit 0)as ingot_columns" in sql
        if not asks:
            sent.setdefault(node["unique_id"], []).append(sql)
    return sent


def artifacts(project):
    project.run("dbt", "docs", "generate", upto=3)
    manifest = json.loads((project.root / "target" / "manifest.json").read_text())
    check(manifest["metadata"]["adapter_type"] == "spark", "the manifest names the adapter")
    node = manifest["nodes"]["model.spark_shop.customers"]
    check(node["database"] is None and node["relation_name"] == f"{project.schema}.customers", f"relation {node['relation_name']}")
    catalog = json.loads((project.root / "target" / "catalog.json").read_text())
    columns = catalog["nodes"]["model.spark_shop.customers"]["columns"]
    check(list(columns) == ["customer", "orders", "spent", "first_order", "mark"], f"columns {list(columns)}")
    shown = project.run("dbt", "show", "--select", "customers", upto=3)
    check("CYD" in shown, shown)


def mistakes(project, server):
    broken = project.root / "models" / "broken.sql"
    broken.write_text("select 1 as one,\n       two\nfrom nowhere.at_all\n")
    said = project.run("dbt", "run", "--select", "broken", code=1)
    check("at_all" in said and "models/broken.sql" in said, said)
    broken.write_text("select 1 as one\n  ,, 2 as two\n")
    said = project.run("dbt", "run", "--select", "broken", code=1)
    check("models/broken.sql:2" in said, said)
    broken.unlink()
    described = project.root / "models" / "described.sql"
    described.write_text("{{ config(materialized='table', persist_docs={'columns': true}) }}\nselect 1 as one\n")
    columns = project.root / "models" / "described.yml"
    columns.write_text(json.dumps({"models": [{"name": "described", "columns": [{"name": "One", "description": "x"}, {"name": "two"}, {"name": "ONE", "quote": True}]}]}))
    said = project.run("dbt", "run", "--select", "described")
    check("specified in the schema but are not present in the database: two, ONE" in said, said)
    described.unlink()
    columns.unlink()
    function = project.root / "functions"
    function.mkdir()
    (function / "priced.py").write_text("def priced(price):\n    return price\n")
    for entry_point, why in ((None, "An `entry_point` is required"), ("priced", "made on DuckDB only")):
        config = {"runtime_version": "3.11"} | ({"entry_point": entry_point} if entry_point else {})
        written = {"name": "priced", "config": config, "arguments": [{"name": "price", "data_type": "double"}], "returns": {"data_type": "double"}}
        (function / "priced.yml").write_text(json.dumps({"functions": [written]}))
        said = project.run("dbt", "build", "--select", "priced", code=1)
        check(why in said, said)
    shutil.rmtree(function)
    if server.is_sail:
        parts = project.root / "models" / "parts.sql"
        parts.write_text("{{ config(materialized='incremental', incremental_strategy='insert_overwrite', partition_by='k') }}\nselect 1 as v, 2 as k\n")
        said = project.run("dbt", "run", "--select", "parts", code=1)
        check("overwrites the whole table" in said, said)
        parts.unlink()
    good = json.loads((project.root / "profiles.yml").read_text())["spark_shop"]["outputs"]["connect"]
    project.write_profile({**good, "method": "thrift", "host": "h"})
    said = project.run("dbt", "run", code=2)
    check("method: connect" in said and "sc://host:15002" in said, said)
    project.write_profile({**good, "url": f"sc://127.0.0.1:{free_port()}"})
    said = project.run("dbt", "run", code=2)
    check("cannot be reached" in said and "start a Spark Connect server" in said, said)
    said = project.run("dbt", "debug", code=1)
    check("Connection test: [ERROR]" in said and "cannot be reached" in said, said)
    project.write_profile(good)
    said = project.run("dbt", "debug")
    check("engine: Spark" in said and "Connection test: [OK connection ok]" in said, said)


def cut_connections(project, server, spark_of):
    """Every connection is cut after some thousands of bytes: the build ends well, and no row is there twice.

    Not on Sail, which keeps nothing of a statement that has ended, so that its result is lost with the connection.
    """
    if server.is_sail:
        return 0
    cuts = 0
    for seed in range(3):
        proxy = Proxy(server.port, 1500, 9000, seed)
        project.connect(proxy.port)
        # The statement of `functions` is longer than what a connection carries here, so that it would never arrive.
        flags = ("--exclude-resource-type", "snapshot", "--exclude", "functions")
        project.run("dbt", "build", "--full-refresh", *flags, upto=2)
        project.run("dbt", "build", *flags, upto=4)
        cuts += proxy.cuts
        proxy.listener.close()
        look(spark_of(), project.schema, server.is_sail, [2, 4])
    check(cuts > 30, f"only {cuts} connections were cut")
    project.connect(server.port)
    return cuts


def answer_late(project, server, spark_of):
    """Each message takes a third of a second: the run takes longer, and that is all."""
    proxy = Proxy(server.port, 1 << 40, 1 << 40, 0, delay=0.3)
    project.connect(proxy.port)
    begun = time.monotonic()
    project.run("dbt", "build", "--select", "customers", upto=4)
    took = time.monotonic() - begun
    proxy.listener.close()
    project.connect(server.port)
    check(took > 2, f"a run over a slow connection took {took:.1f} s")
    customers = rows(spark_of(), f"select customer, orders, spent, cast(first_order as string), mark from {project.schema}.customers")
    check(customers == expected_customers(), f"customers are {customers}")


def refuse(project, server):
    """A server that asks for a token, which Sail does not."""
    if server.is_sail:
        return
    server.stop()
    server.start(token="the right one")
    good = json.loads((project.root / "profiles.yml").read_text())["spark_shop"]["outputs"]["connect"]
    for token in (None, "a wrong one"):
        project.write_profile({**good, "token": token} if token else good)
        said = project.run("dbt", "run", "--select", "stg_orders", code=2)
        check("access is denied" in said and "check `token`" in said and "wrong one" not in said, said)
    project.write_profile({**good, "token": "the right one"})
    project.run("dbt", "debug")


def run_slow(project):
    """A run whose one statement would take hours; it is returned when the statement is under way."""
    slow = project.root / "models" / "slow.sql"
    # Sail goes on with a join that was stopped; a scan it ends at its next batch.
    slow.write_text("{{ config(materialized='table') }}\nselect count(*) as n from range(1000000000000) where md5(cast(id as string)) like 'abc%'\n")
    # It is written when the template has been rendered, a moment before the statement is sent.
    sent = project.root / "target" / "compiled" / "spark_shop" / "models" / "slow.sql"
    sent.unlink(missing_ok=True)
    running = subprocess.Popen(
        project.command("dbt", "run", "--select", "slow"), cwd=project.root, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    for _ in range(WAIT * 10):
        if sent.exists() or running.poll() is not None:
            break
        time.sleep(0.1)
    time.sleep(2)
    check(running.poll() is None, "the slow statement runs")
    slow.unlink()
    return running


def interrupt(project):
    running = run_slow(project)
    begun = time.monotonic()
    running.send_signal(signal.SIGINT)
    said, _ = running.communicate(timeout=60)
    took = time.monotonic() - begun
    check(running.returncode != 0 and took < 15, f"Ctrl-C took {took:.1f} s, exit code {running.returncode}:\n{said}")
    # The server is free again.
    project.run("dbt", "run", "--select", "functions", upto=4)
    return took


def lose_server(project, server):
    running = run_slow(project)
    server.stop()
    server.start()
    said, _ = running.communicate(timeout=150)
    check(running.returncode == 1, f"exit code {running.returncode}:\n{said}")
    check("the connection was lost" in said and "not known whether" in said, said)


def leave(main):
    """Runs `main` and ends. Threads of Spark's client go on for minutes to look for a server that was killed, so nobody waits for them."""
    code = 1
    try:
        main()
        code = 0
    except SystemExit as wrong:
        if isinstance(wrong.code, str):
            print(wrong)
    except BaseException:
        traceback.print_exc()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("ingot", type=Path)
    parser.add_argument("server", type=Path)
    parser.add_argument("--dbt", type=Path)
    arguments = parser.parse_args()
    # Paths are absolute and not resolved: the Python of an environment is a link out of it.
    environment = arguments.server.absolute()
    dbt = arguments.dbt and arguments.dbt.absolute()
    with tempfile.TemporaryDirectory(prefix="ingot-spark-") as name:
        folder = Path(name)
        server = Server(environment, folder)
        try:
            project = Project(arguments.ingot.resolve(), server, folder, "shop")

            def spark_of():
                return client(project.address(server.port))

            begun = time.monotonic()
            compared = build_three_times(project, server, spark_of, dbt)
            artifacts(project)
            mistakes(project, server)
            cuts = cut_connections(project, server, spark_of)
            answer_late(project, server, spark_of)
            took = interrupt(project)
            lose_server(project, server)
            refuse(project, server)
        finally:
            server.stop()
    said = [f"{checks} checks in {time.monotonic() - begun:.0f} s", f"Ctrl-C stopped a statement in {took:.1f} s"]
    if cuts:
        said.append(f"{cuts} connections cut without a row lost or doubled")
    if compared:
        tables, sent = compared
        said.append(f"{tables} tables hold what dbt-spark's hold, and {sent} statements are dbt-spark's")
    print(f"{'Sail' if server.is_sail else 'Apache Spark'}: {'; '.join(said)}")


if __name__ == "__main__":
    leave(main)
