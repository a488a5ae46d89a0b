"""Times a project of many tests on a server over Spark Connect, with ingot and with dbt-spark on the same server.

    python benches/spark_tests.py INGOT SERVER [--dbt ENVIRONMENT] [--models 30] [--tests 300] [--threads 8] [--runs 3]

SERVER is a folder with an environment that has pysail (Sail) or pyspark (Apache Spark), ENVIRONMENT one with dbt-spark[session] and
what pyspark[connect] needs. Each builds the same project: models of a few rows, each a table on the one before it, and tests of their
columns, so that almost all of the time is statements. In statements is the time in which at least one is under way, however many are;
opening and closing the session is shown by itself; the rest is ingot's own. After a run to warm up, the median of the others.
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


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("ingot", type=Path)
    parser.add_argument("server", type=Path)
    parser.add_argument("--dbt", type=Path)
    parser.add_argument("--models", type=int, default=30)
    parser.add_argument("--tests", type=int, default=300)
    parser.add_argument("--threads", type=int, default=8)
    parser.add_argument("--runs", type=int, default=3)
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
            medians = {}
            for who in ("ingot", "dbt") if arguments.dbt else ("ingot",):
                command = {
                    "ingot": [arguments.ingot.resolve(), "--log-format", "json", "run-models", "--target", who],
                    "dbt": [arguments.dbt and arguments.dbt.absolute() / "bin" / "dbt", "build", "--target", who],
                }[who]
                variables = os.environ | {"SPARK_REMOTE": url}
                results = []
                for _ in range(arguments.runs + 1):
                    results.append(run(command, root, variables))
                    print(f"{who}: {results[-1][0]:.2f} s", file=sys.stderr)
                took, cpu, times = sorted(results[1:], key=lambda result: result[0])[len(results[1:]) // 2]
                medians[who] = took
                said = f"{who}: {took:.2f} s, {cpu:.2f} s of CPU"
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
