"""Asks MetricFlow and ingot the same questions of the project crates/models/tests/it/cases/semantic_layer, and compares
columns and rows.

    python -m venv mf && mf/bin/pip install "dbt-core<1.12" "dbt-duckdb<1.12" dbt-metricflow
    mf/bin/python tests/oracle/metrics.py --ingot target/release/ingot

The questions are all metrics by all groups, under each filter, and some by hand. What MetricFlow refuses is not asked.
"""

import argparse
import datetime
import decimal
import itertools
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import duckdb

CASE = Path(__file__).resolve().parents[2] / "crates" / "models" / "tests" / "it" / "cases" / "semantic_layer"
PROFILE = "case:\n  target: dev\n  outputs:\n    dev: {type: duckdb, path: case.duckdb, schema: main}\n"
GROUPS = [
    [],
    ["metric_time__day"],
    ["metric_time__month"],
    ["metric_time__week", "order__channel"],
    ["metric_time"],
    ["customer__region"],
    ["customer"],
    ["customer__region", "metric_time__quarter"],
    ["order__ordered_on__month"],
    ["order__is_big"],
    ["customer__joined_on__year"],
]
FILTERS = [
    None,
    "{{ Dimension('order__channel') }} = 'web'",
    "{{ Dimension('customer__region') }} = 'north'",
    "{{ TimeDimension('metric_time', 'month') }} >= '2024-02-01'",
    "{{ Metric('revenue', group_by=['customer']) }} > 10",
]


def apart(names, groups, text):
    """Questions that are answered otherwise on purpose: MetricFlow adds up the totals of all periods where a total to date
    is filtered by time and not grouped by it; here it is the total of what the filter leaves."""
    return "revenue_to_date" in names and "TimeDimension" in (text or "") and not any("metric_time" in group or "ordered_on" in group for group in groups)


def plain(value):
    if isinstance(value, decimal.Decimal):
        value = float(value)
    if isinstance(value, float):
        return round(value, 9)
    if isinstance(value, datetime.datetime):
        return value.date() if value.time() == datetime.time() else value
    return value


def rows(connection, sql):
    result = connection.execute(sql)
    names = [column[0] for column in result.description]
    order = sorted(range(len(names)), key=lambda at: names[at])
    found = [tuple(plain(row[at]) for at in order) for row in result.fetchall()]
    return sorted(names), sorted(found, key=repr)


class MetricFlow:
    def __init__(self, folder):
        os.chdir(folder)
        from dbt_metricflow.cli.cli_configuration import CLIConfiguration

        self.configuration = CLIConfiguration()
        self.configuration.setup(dbt_profiles_path=folder, dbt_project_path=folder, configure_file_logging=False)
        self.engine = self.configuration.mf

    def sql(self, metrics, groups, filters, **more):
        from metricflow.engine.metricflow_engine import MetricFlowQueryRequest

        request = MetricFlowQueryRequest.create(
            metric_names=metrics, group_by_names=groups, where_constraints=filters or None, **more
        )
        return self.engine.explain(request).sql_statement.sql


def ingot_sql(program, folder, metrics, groups, filters):
    command = [program, "--project-dir", str(folder), "metrics", "query", "--explain", "--metrics", ",".join(metrics)]
    for group in groups:
        command += ["--group-by", group]
    for text in filters:
        command += ["--where", text]
    ran = subprocess.run(command, capture_output=True, text=True, cwd=folder, env={**os.environ, "DBT_PROFILES_DIR": str(folder)})
    return ran.stdout if ran.returncode == 0 else None, ran.stderr


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--ingot", required=True)
    arguments = parser.parse_args()
    program = os.path.abspath(arguments.ingot)
    folder = Path(tempfile.mkdtemp())
    shutil.copytree(CASE, folder, dirs_exist_ok=True)
    (folder / "profiles.yml").write_text(PROFILE)
    os.environ["DBT_PROFILES_DIR"] = str(folder)
    built = subprocess.run([program, "--project-dir", str(folder), "dbt", "build"], capture_output=True, text=True, cwd=folder)
    if built.returncode:
        sys.exit(built.stdout + built.stderr)
    metrics = sorted(entry["name"] for entry in json.loads((folder / "target" / "semantic_manifest.json").read_text())["metrics"])
    # MetricFlow keeps the file open in its own way, so both are asked of a copy under the same name.
    copy = folder / "asked" / "case.duckdb"
    copy.parent.mkdir()
    shutil.copy(folder / "case.duckdb", copy)
    flow = MetricFlow(folder)
    asked = wrong = refused = left_out = 0
    with duckdb.connect(str(copy), read_only=True) as connection:
        for names, groups, text in itertools.product([[name] for name in metrics] + [metrics[:3], ["revenue", "buyers"]], GROUPS, FILTERS):
            filters = [text] if text else []
            if apart(names, groups, text):
                left_out += 1
                continue
            try:
                expected = rows(connection, flow.sql(names, groups, filters))
            except Exception:
                refused += 1
                continue
            asked += 1
            sql, said = ingot_sql(program, folder, names, groups, filters)
            try:
                found = rows(connection, sql) if sql else (said, [])
            except duckdb.Error as error:
                found = (str(error), [])
            if found != expected:
                wrong += 1
                print(f"{','.join(names)} by {','.join(groups)} where {text}\n  MetricFlow: {expected}\n  ingot:      {found}")
    shutil.rmtree(folder)
    print(f"{asked} questions, {wrong} answered otherwise; {refused} refused by MetricFlow, {left_out} left out on purpose")
    return 1 if wrong or not asked else 0


if __name__ == "__main__":
    sys.exit(main())
