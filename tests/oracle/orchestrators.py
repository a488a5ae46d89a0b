"""Programs that call dbt, with ingot in dbt's place: dagster-dbt, Cosmos under Airflow, and dbt-bouncer, which reads artifacts.

    python tests/oracle/orchestrators.py INGOT [--environments FOLDER] [dagster|cosmos|bouncer ...]

Each gets an environment of its own with its packages from PyPI (kept in --environments), a link named `dbt` to the
binary, and a small project with a seed, two models and three tests. What it made of them is compared with what is in the
project. Airflow is large, so this is not part of run.sh.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

PACKAGES = {
    "dagster": ["dagster-dbt==0.29.*", "dbt-core<1.12", "dbt-duckdb<1.12"],
    "cosmos": ["astronomer-cosmos==1.15.*", "apache-airflow==2.11.*"],
    "bouncer": ["dbt-bouncer==4.*"],
}
PROJECT = {
    "dbt_project.yml": "name: shop\nprofile: shop\nversion: '1.0'\nmodels: {shop: {+materialized: table}}\n",
    "profiles.yml": "shop: {target: dev, outputs: {dev: {type: duckdb, path: shop.duckdb}}}\n",
    "seeds/raw_orders.csv": "order_id,amount\n1,10.5\n2,20\n",
    "models/orders.sql": "select * from {{ ref('raw_orders') }}\n",
    "models/totals.sql": "select sum(amount) as amount from {{ ref('orders') }}\n",
    "models/all.yml": """models:
  - name: orders
    description: One row an order.
    columns:
      - {name: order_id, description: Its number., data_tests: [unique, not_null]}
      - {name: amount, description: In dollars.}
  - name: totals
    description: All orders.
    columns: [{name: amount, description: In dollars., data_tests: [not_null]}]
""",
}
DAGSTER = """
import os, pathlib
from dagster import materialize
from dagster_dbt import DbtCliResource, dbt_assets

project = pathlib.Path(os.environ["PROJECT"])

@dbt_assets(manifest=project / "target/manifest.json")
def models(context, dbt: DbtCliResource):
    yield from dbt.cli(["build"], context=context).stream()

dbt = DbtCliResource(project_dir=str(project), profiles_dir=str(project), dbt_executable=os.environ["DBT"])
result = materialize([models], resources={"dbt": dbt})
made = {event.asset_key.to_user_string() for event in result.all_events if event.is_step_materialization}
print("FOUND", result.success, len(made), len(result.get_asset_check_evaluations()))
"""
COSMOS = """
import datetime, os, pathlib
from airflow.models import DAG
from cosmos import DbtDag, ExecutionConfig, ProfileConfig, ProjectConfig, RenderConfig
from cosmos.constants import InvocationMode, LoadMode

project = pathlib.Path(os.environ["PROJECT"])
shop = DbtDag(
    dag_id="shop",
    start_date=datetime.datetime(2024, 1, 1),
    schedule=None,
    project_config=ProjectConfig(project),
    profile_config=ProfileConfig(profile_name="shop", target_name="dev", profiles_yml_filepath=project / "profiles.yml"),
    execution_config=ExecutionConfig(dbt_executable_path=os.environ["DBT"], invocation_mode=InvocationMode.SUBPROCESS),
    render_config=RenderConfig(
        load_method=LoadMode.DBT_LS, invocation_mode=InvocationMode.SUBPROCESS, emit_datasets=False
    ),
    operator_args={"install_deps": False, "append_env": True},
)
if __name__ == "__main__":
    run = shop.test(execution_date=datetime.datetime(2024, 1, 1, tzinfo=datetime.timezone.utc))
    states = [task.state for task in run.get_task_instances()]
    print("FOUND", run.state, len(states), states.count("success"))
"""
BOUNCER = """dbt_artifacts_dir: target
manifest_checks: [{name: check_model_has_unique_test, include: ^models/orders}]
catalog_checks: [{name: check_columns_are_all_documented}]
run_results_checks: [{name: check_run_results_max_execution_time, max_execution_time_seconds: 60}]
"""


def environment(folder, name):
    place = folder / name
    if not (place / "bin/python").exists():
        subprocess.run([sys.executable, "-m", "venv", place], check=True)
        subprocess.run([place / "bin/pip", "install", "--quiet", *PACKAGES[name]], check=True)
    return place / "bin"


def play(name, ingot, environments, scratch):
    """What the program printed of itself, and what it should have."""
    project = scratch / name / "project"
    for file, text in PROJECT.items():
        (project / file).parent.mkdir(parents=True, exist_ok=True)
        # Cosmos runs each task in a copy of the project, so the database's path is absolute.
        (project / file).write_text(text.replace("path: shop.duckdb", f"path: {project / 'shop.duckdb'}"))
    dbt = scratch / name / "dbt"
    dbt.symlink_to(ingot)
    tools = environment(environments, name)
    variables = {**os.environ, "PROJECT": str(project), "DBT": str(dbt), "AIRFLOW_HOME": str(scratch / name / "airflow"),
                 "AIRFLOW__CORE__LOAD_EXAMPLES": "False", "AIRFLOW__CORE__DAGS_FOLDER": str(scratch / name / "dags")}

    def run(*command, code=(0,)):
        ran = subprocess.run(command, cwd=project, env=variables, capture_output=True, text=True)
        if ran.returncode not in code:
            sys.exit(f"{name}: {command} ended with {ran.returncode}\n{ran.stdout[-4000:]}\n{ran.stderr[-4000:]}")
        return ran.stdout + ran.stderr

    if name == "dagster":
        run(dbt, "parse")
        script, wanted = DAGSTER, "FOUND True 3 3"
    elif name == "cosmos":
        run(tools / "airflow", "db", "migrate")
        # A task for the seed, for each model, and for the tests of each model.
        script, wanted = COSMOS, "FOUND success 5 5"
    else:
        run(dbt, "build")
        run(dbt, "docs", "generate")
        (project / "dbt-bouncer.yml").write_text(BOUNCER)
        said = run(tools / "dbt-bouncer", "run", "--config-file", "dbt-bouncer.yml")
        found = re.search(r"SUCCESS=\d+ WARN=\d+ ERROR=\d+", said)
        return found.group() if found else said[-2000:], "SUCCESS=10 WARN=0 ERROR=0"
    file = scratch / name / "dags" / "shop.py"
    file.parent.mkdir()
    file.write_text(script)
    said = run(tools / "python", file)
    return next((line for line in said.splitlines() if line.startswith("FOUND")), said[-2000:]), wanted


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("ingot", type=Path)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--environments", type=Path)
    arguments = parser.parse_intermixed_args()
    failed = False
    with tempfile.TemporaryDirectory() as scratch:
        scratch = Path(scratch)
        environments = (arguments.environments or scratch / "environments").absolute()
        for name in arguments.names or PACKAGES:
            found, wanted = play(name, arguments.ingot.resolve(), environments, scratch)
            failed |= found != wanted
            print(f"{'same' if found == wanted else 'DIFFERENT'}  {name}: {found}", flush=True)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
