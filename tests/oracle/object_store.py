"""Loads into a bucket with eight loaders that are killed at random, and compares what pyarrow and the Python deltalake package read
with the raw files: every row once, every reject once. Needs moto[server], pyarrow and deltalake; the server is in this process.

    object_store.py INGOT [--kills 50] [--files 640] [--seed 1]
"""

import argparse
import collections
import json
import logging
import os
import pathlib
import random
import signal
import subprocess
import sys
import tempfile
import time

import boto3
import pyarrow.fs
import pyarrow.parquet
from deltalake import DeltaTable

import s3_server

logging.getLogger("werkzeug").setLevel(logging.ERROR)
CONTRACT = """
apiVersion: v3.1.0
kind: DataContract
id: orders
name: orders
version: 1.0.0
status: active
servers:
  - {server: raw, type: local, path: "orders/day={day}/part-*.csv", format: csv}
schema:
  - name: orders
    properties:
      - {name: id, physicalType: i64, required: true, primaryKey: true, primaryKeyPosition: 1}
      - {name: amount, physicalType: "dec(10,2)"}
      - {name: note, physicalType: str}
      - {name: day, logicalType: date, physicalType: date, partitioned: true, partitionKeyPosition: 1}
"""
ROWS, BAD_EVERY = 50, 25
FAILED = []


def check(what, found, expected):
    if found != expected:
        FAILED.append(what)
        print(f"   FAILED {what}: {found!r}, expected {expected!r}")


class Project:
    """A project whose raw files and lake are where one says."""

    def __init__(self, ingot, folder, environment):
        self.ingot, self.folder, self.environment = ingot, folder, {**os.environ, **environment}
        (folder / "schemas").mkdir(parents=True)
        (folder / "schemas/orders.odcs.yaml").write_text(CONTRACT)

    def start(self, *arguments, **environment):
        # The output goes to a file: a pipe that nobody reads would stop the loader.
        out = tempfile.TemporaryFile(dir=self.folder)
        process = subprocess.Popen([self.ingot, *arguments], cwd=self.folder, stdout=out, stderr=subprocess.STDOUT,
                                   env={**self.environment, **environment}, start_new_session=True)
        process.out = out
        return process

    def run(self, *arguments, **environment):
        done = subprocess.run([self.ingot, *arguments], cwd=self.folder, text=True, capture_output=True, timeout=600,
                              env={**self.environment, **environment})
        return done.returncode, done.stdout + done.stderr

    def load(self, *arguments):
        """The exit code of a load, and what it says of its table."""
        done = subprocess.run([self.ingot, "load-bronze", *arguments, "--format", "json"], cwd=self.folder, text=True,
                              capture_output=True, timeout=600, env=self.environment)
        if not done.stdout.startswith("{"):
            raise SystemExit(f"{arguments}: {done.stdout}{done.stderr}")
        return done.returncode, json.loads(done.stdout)["tables"][0]


def raw_files(count):
    """Path -> text, the ids that are accepted, and those that are rejected, of files with two columns of numbers."""
    files, good, bad = {}, collections.Counter(), collections.Counter()
    for file in range(count):
        lines = ["id,amount,note"]
        for row in range(ROWS):
            key = file * ROWS + row
            is_bad = key % BAD_EVERY == 7
            lines.append(f"{key},{'many' if is_bad else f'{key % 1000}.50'},n{key}")
            (bad if is_bad else good)[key] += 1
        files[f"orders/day=2026-11-{1 + file % 3:02}/part-{file:05}.csv"] = "\n".join(lines) + "\n"
    return files, good, bad


def read_back(store, options, lake):
    """Ids in the table by deltalake, by pyarrow alone over the files that it names, and ids in the reject files."""
    table = DeltaTable(f"s3://{lake}/bronze/delta/orders", storage_options=options)
    by_delta = collections.Counter(table.to_pyarrow_table(columns=["id"])["id"].to_pylist())
    by_arrow = collections.Counter()
    for file in table.file_uris():
        rows = pyarrow.parquet.read_table(file.removeprefix("s3://"), filesystem=store, columns=["id"], partitioning=None)
        by_arrow.update(rows["id"].to_pylist())
    rejected = collections.Counter()
    listed = store.get_file_info(pyarrow.fs.FileSelector(f"{lake}/_rejects/orders", allow_not_found=True))
    for found in listed:
        if found.path.endswith(".parquet"):
            texts = pyarrow.parquet.read_table(found.path, filesystem=store, partitioning=None)["raw_text"].to_pylist()
            rejected.update(int(text.split(",")[0]) for text in texts)
    return table, by_delta, by_arrow, rejected


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("ingot", type=pathlib.Path)
    arguments.add_argument("--kills", type=int, default=50)
    arguments.add_argument("--files", type=int, default=640)
    arguments.add_argument("--seed", type=int, default=1)
    arguments = arguments.parse_args()
    ingot, chance = arguments.ingot.resolve(), random.Random(arguments.seed)

    # Each fifth commit is made and its answer lost.
    server = s3_server.serve(0, lose_every=5)
    endpoint = f"http://127.0.0.1:{server.server_port}"
    environment = {
        "AWS_ACCESS_KEY_ID": s3_server.KEY, "AWS_SECRET_ACCESS_KEY": s3_server.SECRET, "AWS_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": endpoint, "AWS_ALLOW_HTTP": "true",
    }
    options = {**environment, "AWS_S3_ALLOW_UNSAFE_RENAME": "true"}
    client = boto3.client("s3", endpoint_url=endpoint, region_name="us-east-1",
                          aws_access_key_id=s3_server.KEY, aws_secret_access_key=s3_server.SECRET)
    for bucket in ("lake", "landing"):
        client.create_bucket(Bucket=f"{bucket}-bucket")
    store = pyarrow.fs.S3FileSystem(access_key=s3_server.KEY, secret_key=s3_server.SECRET, region="us-east-1",
                                    scheme="http", endpoint_override=endpoint.removeprefix("http://"))

    with tempfile.TemporaryDirectory(prefix="ingot-object-store-") as folder:
        folder = pathlib.Path(folder)
        temporary = folder / "tmp"
        temporary.mkdir()
        environment["TMPDIR"] = str(temporary)
        project = Project(ingot, folder / "project", environment)
        files, good, bad = raw_files(arguments.files)
        for path, text in files.items():
            client.put_object(Bucket="landing-bucket", Key=f"in/{path}", Body=text.encode())
            (project.folder / "data_raw" / path).parent.mkdir(parents=True, exist_ok=True)
            (project.folder / "data_raw" / path).write_text(text)

        kill_and_load(project, chance, arguments.kills)
        table, by_delta, by_arrow, rejected = read_back(store, options, "lake-bucket/a")
        check("rows by deltalake", by_delta == good, True)
        check("rows by pyarrow", by_arrow == good, True)
        check("rejects", rejected == bad, True)
        print(f"   {sum(by_delta.values()):,} rows in {table.version() + 1} commits, {sum(rejected.values()):,} rejects, each once")
        nothing_new(project, table, len(files))
        memory_after_checkpoints(client, project, table)
        a_copy(client, project, len(files), sum(bad.values()))
        same_files_at_once(project, store, options, good, bad)
        changed_files(project, client, store, options, files)
        into_a_folder(project, good)
        refusals(project, environment)
        folders_of_killed_loads(project, temporary)
    server.shutdown()
    print("   requests: " + ", ".join(f"{count:,} {method}" for method, count in sorted(server.app.requests.items())))
    return 1 if FAILED else 0


def folders_of_killed_loads(project, temporary):
    """What killed loads left goes with the first one a minute later."""
    left = [path for path in temporary.iterdir() if path.name.startswith("ingot-load-")]
    for path in left:
        os.utime(path, (time.time() - 120, time.time() - 120))
    project.load("--raw", "s3://landing-bucket/in", "--lake", "s3://lake-bucket/a")
    check("folders of killed loads", [path.name for path in temporary.iterdir() if path.name.startswith("ingot-load-")], [])


def load(project, shard, lake="s3://lake-bucket/a", raw="s3://landing-bucket/in", per_commit="4"):
    return project.start("load-bronze", "--raw", raw, "--lake", lake, "--shard", shard, "--jobs", "1",
                         "--files-per-commit", per_commit)


def kill_and_load(project, chance, kills):
    """Eight loaders, two for each of four shards; each that ends is done, each that is killed is started again."""
    begun = time.monotonic()
    waiting, running, killed = [f"{1 + loader % 4}/4" for loader in range(8)], [], 0
    while waiting or running:
        running += [(shard, load(project, shard)) for shard in waiting]
        waiting = []
        time.sleep(chance.uniform(0.05, 0.6))
        for shard, process in list(running):
            if process.poll() is not None:
                running.remove((shard, process))
                if process.returncode != 0:
                    process.out.seek(0)
                    check("exit code of a loader", (process.returncode, process.out.read().decode()[-800:]), 0)
                # One that is done early comes again, as long as there are kills left.
                if killed < kills:
                    waiting.append(shard)
        if killed < kills and running:
            shard, process = chance.choice(running)
            running.remove((shard, process))
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
                killed += 1
            waiting.append(shard)
    for shard in range(1, 5):
        process = load(project, f"{shard}/4")
        process.wait()
        check("exit code of the last load", process.returncode, 0)
    print(f"   eight loaders, killed {killed} times: {time.monotonic() - begun:.0f} s")


def nothing_new(project, table, files):
    """A loader of everything, and one from another machine with the raw files in a folder."""
    for raw in ("s3://landing-bucket/in", "data_raw"):
        code, found = project.load("--raw", raw, "--lake", "s3://lake-bucket/a")
        check(f"a load of {raw} again", (code, found["files_loaded"], found["files_unchanged"], found["version"]),
              (0, 0, files, table.version()))
    code, text = project.run("bronze", "status", "--lake", "s3://lake-bucket/a", "--format", "json")
    found = json.loads(text)["tables"][0]
    check("status", (code, found["files"], found["version"]), (0, files, table.version()))


def memory_after_checkpoints(client, project, table):
    """What was loaded is known from blocks of 32 commits; one that is lost is made again, the same."""
    listed = client.list_objects_v2(Bucket="lake-bucket", Prefix="a/bronze/.loaded/").get("Contents", [])
    check("blocks of the memory", len(listed) > 0, (table.version() + 1) >= 32)
    for found in listed[:1]:
        before = client.get_object(Bucket="lake-bucket", Key=found["Key"])["Body"].read()
        client.delete_object(Bucket="lake-bucket", Key=found["Key"])
        code, after = project.load("--raw", "s3://landing-bucket/in", "--lake", "s3://lake-bucket/a")
        check("a load without a block", (code, after["files_loaded"]), (0, 0))
        check("the block again", client.get_object(Bucket="lake-bucket", Key=found["Key"])["Body"].read() == before, True)
    names = [found["Key"] for found in client.list_objects_v2(Bucket="lake-bucket", Prefix="a/bronze/delta/orders/_delta_log/")["Contents"]]
    check("checkpoints", any(".checkpoint." in name for name in names), table.version() >= 20)


def a_copy(client, project, files, bad):
    """A copy of the lake in a folder is a lake like any other."""
    copy = project.folder / "copy"
    for page in client.get_paginator("list_objects_v2").paginate(Bucket="lake-bucket", Prefix="a/"):
        for found in page["Contents"]:
            path = copy / found["Key"].removeprefix("a/")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(client.get_object(Bucket="lake-bucket", Key=found["Key"])["Body"].read())
    code, found = project.load("--lake", "copy")
    check("a load into a copy", (code, found["files_loaded"], found["files_unchanged"]), (0, 0, files))
    code, text = project.run("bronze", "rejects", "--lake", "copy", "--format", "json")
    check("rejects of a copy", (code, f'"total": {bad}' in text or text[-300:]), (0, True))
    code, text = project.run("lake", "check", "--lake", "copy")
    check(f"a check of a copy: {text}", code, 0)


def same_files_at_once(project, store, options, good, bad):
    """Two loaders of the same files, from a folder, in one commit each: one of them finds nothing left."""
    both = [load(project, "1/1", "s3://lake-bucket/b", "data_raw", "10000") for _ in range(2)]
    check("exit codes of two at once", [process.wait() for process in both], [0, 0])
    table, by_delta, by_arrow, rejected = read_back(store, options, "lake-bucket/b")
    check("rows of two at once", (by_delta == good, by_arrow == good, rejected == bad), (True, True, True))
    check("versions of two at once", table.version(), 0)


def changed_files(project, client, store, options, files):
    """A file of another content under its name is a new delivery; one that is written again with the same is not. A column that comes
    later is added."""
    paths = sorted(files)[:2]
    client.put_object(Bucket="landing-bucket", Key=f"in/{paths[0]}", Body=b"id,amount,note,extra\n900001,1.00,new,x\n")
    client.put_object(Bucket="landing-bucket", Key=f"in/{paths[1]}", Body=files[paths[1]].encode())
    for loaded in (1, 0):
        code, found = project.load("--raw", "s3://landing-bucket/in", "--lake", "s3://lake-bucket/a")
        check("a new delivery", (code, found["files_loaded"], found["rows_accepted"]), (0, loaded, loaded))
    table = DeltaTable("s3://lake-bucket/a/bronze/delta/orders", storage_options=options)
    rows = table.to_pyarrow_table(columns=["id", "extra"], filters=[("id", "=", 900001)]).to_pylist()
    check("the row of the new delivery", rows, [{"id": 900001, "extra": "x"}])
    client.put_object(Bucket="landing-bucket", Key=f"in/{paths[0]}", Body=files[paths[0]].encode())


def into_a_folder(project, good):
    """Raw files in a bucket, the lake in a folder."""
    for loaded in (True, False):
        code, found = project.load("--raw", "s3://landing-bucket/in")
        check("from a bucket into a folder", (code, found["rows_accepted"], found["files_unchanged"] > 0),
              (0, sum(good.values()) if loaded else 0, not loaded))
    table = DeltaTable(str(project.folder / "lake/bronze/delta/orders"))
    check("rows in the folder", collections.Counter(table.to_pyarrow_table(columns=["id"])["id"].to_pylist()) == good, True)
    # Shards of a folder into a folder.
    for shard in ("1/2", "2/2"):
        code, _ = project.run("load-bronze", "--lake", "shards", "--shard", shard)
        check("a shard of a folder", code, 0)
    table = DeltaTable(str(project.folder / "shards/bronze/delta/orders"))
    check("rows of the shards", collections.Counter(table.to_pyarrow_table(columns=["id"])["id"].to_pylist()) == good, True)


def refusals(project, environment):
    """What cannot work says why and what to set, and leaves nothing."""
    lake = "s3://lake-bucket/a"
    for what, arguments, changes, words in [
        ("a wrong secret", ["--lake", lake], {"AWS_SECRET_ACCESS_KEY": "wrong"}, ["does not accept the credentials", "AWS_SECRET_ACCESS_KEY"]),
        ("an unknown key", ["--lake", lake], {"AWS_ACCESS_KEY_ID": "wrong"}, ["does not accept the credentials"]),
        ("a missing bucket", ["--lake", "s3://not-there/a"], {}, ["there is no such bucket", "create the bucket"]),
        ("no server", ["--lake", lake], {"AWS_ENDPOINT_URL": "http://127.0.0.1:9"}, ["does not answer", "AWS_ENDPOINT_URL"]),
        ("no TLS", ["--lake", lake], {"AWS_ALLOW_HTTP": "false"}, ["AWS_ALLOW_HTTP=true"]),
        ("a name that nobody knows", ["--lake", lake], {"AWS_ENDPOINT_URL": "http://no-such-host.invalid:80"}, ["does not answer"]),
        ("another scheme", ["--lake", "hdfs://node/a"], {}, ["is not the address of an object store", "s3://BUCKET/PREFIX"]),
        ("no bucket", ["--raw", "s3:///a"], {}, ["names no bucket"]),
    ]:
        begun = time.monotonic()
        code, text = project.run("load-bronze", *arguments, **changes)
        check(f"{what}: exit code", code, 2)
        check(f"{what}: {text}", [word for word in words if word not in text], [])
        check(f"{what}: it takes {time.monotonic() - begun:.0f} s", time.monotonic() - begun < 60, True)
    for command in (["bronze", "rejects"], ["bronze", "undo", "--file", "x"], ["replay", "--table", "orders"], ["lake", "check"], ["status"],
                    ["lake", "optimize"], ["runs"], ["watch"], ["verify"]):
        code, text = project.run(*command, "--lake", lake)
        check(f"{command} on a bucket: {text}", (code, "this command works on a folder" in text), (2, True))
    check("a folder named like the address", (project.folder / "s3:").exists(), False)


if __name__ == "__main__":
    sys.exit(main())
