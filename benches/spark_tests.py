"""Times a project of many tests on a server over Spark Connect, with ingot and with dbt-spark on the same server.

    python benches/spark_tests.py INGOT SERVER [--dbt ENVIRONMENT] [--models 30] [--tests 300] [--threads 8] [--runs 3] [--warm 1]

SERVER is a folder with an environment that has pysail (Sail) or pyspark (Apache Spark), ENVIRONMENT one with dbt-spark[session] and
what pyspark[connect] needs. Each builds the same project: models of a few rows, each a table on the one before it, and tests of their
columns, so that almost all of the time is statements. In statements is the time in which at least one is under way, however many are;
opening and closing the session is shown by itself; the rest is ingot's own. They run in turn; after those to warm up, the median of
the others counts.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
import uuid
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "oracle"))
from overhead import TIMES  # noqa: E402
from spark import Server  # noqa: E402

TESTS = ("not_null", "unique")


def write_project(root, models, tests):
    (root / "models").mkdir(parents=True)
    (root / "dbt_project.yml").write_text(
        "name: bench\nprofile: bench\nversion: '1.0'\nflags: {send_anonymous_usage_stats: false}\nmodels: {+materialized: table}\n"
    )
    width = -(-tests // (models * len(TESTS)))
    left, entries = tests, []
    for number in range(models):
        columns = ", ".join(f"id + {column} as c{column}" for column in range(width))
        source = "range(100)" if number % 5 == 0 else f"(select c0 as id from {{{{ ref('m{number - 1}') }}}})"
        (root / "models" / f"m{number}.sql").write_text(f"select {columns} from {source}\n")
        described = []
        for column in range(width):
            asked = TESTS[: min(left, len(TESTS))]
            left -= len(asked)
            described.append({"name": f"c{column}", "data_tests": list(asked)})
        entries.append({"name": f"m{number}", "columns": described})
    # JSON is YAML.
    (root / "models" / "schema.yml").write_text(json.dumps({"models": entries}))


def run(command, root, variables):
    before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, env=variables)
    took, after = time.monotonic() - begun, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode != 0:
        raise SystemExit(f"{command[0]} ended with {done.returncode}:\n{done.stdout[-3000:]}{done.stderr[-1000:]}")
    found = TIMES.search(done.stdout + done.stderr)
    return took, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, found and {key: float(value) for key, value in found.groupdict().items()}


def server_cpu(server):
    """Seconds of CPU that the server has taken."""
    fields = Path(f"/proc/{server.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("ingot", type=Path)
    parser.add_argument("server", type=Path)
    parser.add_argument("--dbt", type=Path)
    parser.add_argument("--models", type=int, default=30)
    parser.add_argument("--tests", type=int, default=300)
    parser.add_argument("--threads", type=int, default=8)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--warm", type=int, default=1)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="ingot-spark-bench-") as name:
        folder = Path(name)
        root = folder / "project"
        write_project(root, arguments.models, arguments.tests)
        server = Server(arguments.server.absolute(), folder)
        try:
            url = f"sc://127.0.0.1:{server.port}/;user_id=bench;session_id={uuid.uuid4()}"
            common = {"type": "spark", "threads": arguments.threads, "server_side_parameters": {"spark.sql.session.timeZone": "UTC"}}
            if server.is_sail:
                common["server_side_parameters"]["spark.sql.warehouse.dir"] = f"{folder}/warehouse"
            outputs = {
                "ingot": {**common, "method": "connect", "url": url, "schema": "of_ingot"},
                "dbt": {**common, "method": "session", "host": "none", "schema": "of_dbt"},
            }
            (root / "profiles.yml").write_text(json.dumps({"bench": {"target": "ingot", "outputs": outputs}}))
            commands = {"ingot": [arguments.ingot.resolve(), "--log-format", "json", "run-models", "--target", "ingot"]}
            if arguments.dbt:
                commands["dbt"] = [arguments.dbt.absolute() / "bin" / "dbt", "build", "--target", "dbt"]
            results = {who: [] for who in commands}
            # In turn, because a server gets faster for a while: its code is compiled as it runs.
            for number in range(arguments.warm + arguments.runs):
                for who, command in commands.items():
                    before = server_cpu(server)
                    result = (*run(command, root, os.environ | {"SPARK_REMOTE": url}), server_cpu(server) - before)
                    print(f"{who}: {result[0]:.2f} s", file=sys.stderr)
                    if number >= arguments.warm:
                        results[who].append(result)
            medians = {}
            for who in commands:
                took, cpu, times, of_server = sorted(results[who], key=lambda result: result[0])[len(results[who]) // 2]
                medians[who] = took
                said = f"{who}: {took:.2f} s, {cpu:.2f} s of CPU and {of_server:.2f} s of the server's"
                if times:
                    own = times["own"] / times["all"]
                    said += f"; {times['statements']} s in statements, {times['opening']} s to open and close the session, {times['own']} s of its own ({own:.1%})"
                print(said)
            if "dbt" in medians:
                print(f"dbt-spark takes {medians['dbt'] / medians['ingot']:.1f} times as long as ingot")
        finally:
            server.stop()


if __name__ == "__main__":
    main()
