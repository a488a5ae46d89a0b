"""Runs public dbt projects and packages, unmodified, under dbt-duckdb and under ingot, and compares the two.

    python tests/oracle/public_projects.py CHECKOUTS [project ...] --ingot target/release/ingot --dbt .venv/bin/dbt

CHECKOUTS is a folder with a git checkout of each (none of their code is part of ingot):
    dbt-labs/jaffle_shop_duckdb, dbt-labs/jaffle-shop, dbt-labs/dbt-utils, dbt-labs/dbt-codegen, dbt-labs/dbt-audit-helper,
    godatadriven/dbt-date, metaplane/dbt-expectations, dbt-labs/dbt-project-evaluator, elementary-data/dbt-data-reliability,
    dbt-labs/jaffle-shop-classic, mjirv/dbt_product_analytics, mjirv/dbt-datamocktool, data-mie/dbt-profiler,
    EqualExperts/dbt-unit-testing, tnightengale/dbt-meta-testing, brooklyn-data/dbt_artifacts, matsonj/nba-monte-carlo,
    gwenwindflower/octocatalog, tuva-health/tuva, jpmmcneill/dbt-graph-theory, z3z1ma/dbt-osmosis, kgmcquate/dbt-testgen,
    cnstlungu/postcard-company-datamart, yu-iskw/dbt-unittest,
    Matts52/dbt-ml-inline-preprocessing, and of fivetran dbt_fivetran_utils at its tag
    v0.4.10 with the last commit before `union_connections` of dbt_NAME for each NAME in FIVETRAN
What is not there is left out and said so. Each project is copied, its packages are laid under dbt_packages by hand
(no network is asked), and a profile of type duckdb is put beside it. After each verb the statuses and failures of all nodes,
the rows of every relation and the compiled SQL (up to white space) are compared, with a clock that stands still (libfaketime). `--keep FOLDER` leaves the copies there, and a second run with the same folder takes what dbt said from the first.
"""

import argparse
import datetime
import glob
import json
import os
import pickle
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import duckdb

EVERYTHING = ["build"]
LOAD = "{load_source_data: true}"
FIVETRAN = [
    "asana", "github", "greenhouse", "hubspot", "intercom", "jira", "klaviyo", "lever", "mailchimp", "pendo", "recharge",
    "salesforce", "shopify", "stripe", "xero", "zendesk",
]  # fmt: skip
# name: (folder of the project, packages by folder name in dbt_packages, the verbs and their arguments, environment)
PROJECTS = {
    "jaffle_shop_duckdb": ("jaffle_shop_duckdb", {}, [["seed"], ["run"], ["test"], ["build"]], {}),
    "jaffle-shop": (
        "jaffle-shop",
        {"dbt_utils": "dbt-utils", "dbt_date": "dbt-date", "audit_helper": "dbt-audit-helper"},
        [["seed", "--vars", LOAD], ["build", "--vars", LOAD]],
        {},
    ),
    "dbt-utils": ("dbt-utils/integration_tests", {"dbt_utils": "dbt-utils"}, [["build", "--full-refresh"], ["build"]], {}),
    "dbt-date": ("dbt-date/integration_tests", {"dbt_date": "dbt-date"}, [EVERYTHING], {}),
    "dbt-expectations": (
        "dbt-expectations/integration_tests",
        {"dbt_expectations": "dbt-expectations", "dbt_date": "dbt-date"},
        [EVERYTHING],
        {},
    ),
    "dbt-codegen": ("dbt-codegen/integration_tests", {"codegen": "dbt-codegen", "dbt_utils": "dbt-utils"}, [EVERYTHING], {}),
    "dbt-project-evaluator": (
        "dbt-project-evaluator/integration_tests_2",
        {"dbt_project_evaluator": "dbt-project-evaluator", "dbt_utils": "dbt-utils"},
        [EVERYTHING],
        {},
    ),
    "elementary": (
        "dbt-data-reliability/integration_tests/dbt_project",
        {"elementary": "dbt-data-reliability", "dbt_utils": "dbt-utils"},
        [EVERYTHING],
        {},
    ),
    "jaffle-shop-classic": ("jaffle-shop-classic", {}, [["seed"], ["run"], ["test"]], {}),
    "dbt_product_analytics": (
        "dbt_product_analytics/integration_tests",
        {"dbt_product_analytics": "dbt_product_analytics", "dbt_datamocktool": "dbt-datamocktool", "dbt_utils": "dbt-utils"},
        [EVERYTHING],
        {},
    ),
    "dbt-profiler": (
        "dbt-profiler/integration_tests",
        {"dbt_profiler": "dbt-profiler", "dbt_utils": "dbt-utils", "dbt_expectations": "dbt-expectations", "dbt_date": "dbt-date"},
        [EVERYTHING],
        {},
    ),
    "dbt-unit-testing": (
        "dbt-unit-testing/jaffle-shop",
        {"dbt_unit_testing": "dbt-unit-testing", "dbt_utils": "dbt-utils"},
        [["seed"], ["run"], ["test"]],
        {},
    ),
    "dbt-meta-testing": ("dbt-meta-testing/integration_tests", {"dbt_meta_testing": "dbt-meta-testing"}, [EVERYTHING], {}),
    "dbt_artifacts": (
        "dbt_artifacts/integration_test_project",
        {"dbt_artifacts": "dbt_artifacts", "dbt_utils": "dbt-utils"},
        [EVERYTHING, EVERYTHING],
        {},
    ),
    "dbt-graph-theory": (
        "dbt-graph-theory/integration_tests",
        {"dbt_graph_theory": "dbt-graph-theory", "dbt_expectations": "dbt-expectations", "dbt_date": "dbt-date"},
        [EVERYTHING],
        {},
    ),
    "dbt-osmosis": ("dbt-osmosis/demo_duckdb", {}, [EVERYTHING, EVERYTHING], {}),
    "dbt-testgen": (
        "dbt-testgen/integration_tests",
        {
            "testgen": "dbt-testgen",
            "dbt_utils": "dbt-utils",
            "dbt_expectations": "dbt-expectations",
            "dbt_date": "dbt-date",
        },
        [EVERYTHING],
        {},
    ),
    "postcard-company": (
        "postcard-company-datamart/postcard_company",
        {"dbt_utils": "dbt-utils"},
        [EVERYTHING, EVERYTHING],
        {"INPUT_FILES_PATH": "."},
    ),
    "dbt-unittest": (
        "dbt-unittest/integration_tests",
        {"dbt_unittest": "dbt-unittest"},
        [["run-operation", "test_macros"]],
        {},
    ),
    "dbt-ml-inline-preprocessing": (
        "dbt-ml-inline-preprocessing/integration_tests",
        {"dbt_ml_inline_preprocessing": "dbt-ml-inline-preprocessing", "dbt_utils": "dbt-utils"},
        [EVERYTHING],
        {},
    ),
    "nba-monte-carlo": ("nba-monte-carlo/transform", {"dbt_utils": "dbt-utils"}, [EVERYTHING], {}),
    "octocatalog": ("octocatalog", {"dbt_utils": "dbt-utils"}, [EVERYTHING], {}),
    # The sources of their tests are seeds, which no model waits for.
    **{
        f"fivetran {name}": (
            f"dbt_{name}/integration_tests",
            {name: f"dbt_{name}", "fivetran_utils": "dbt_fivetran_utils", "dbt_utils": "dbt-utils"},
            [
                [verb, "--vars", f"{{{name}_schema: main, {name}_history_schema: main}}"]
                for verb in ("seed", "build", "build")
            ],
            {},
        )
        for name in FIVETRAN
    },
    "tuva": (
        "tuva/integration_tests",
        {
            "the_tuva_project": "tuva",
            "dbt_utils": "dbt-utils",
            "dbt_expectations": "dbt-expectations",
            "dbt_date": "dbt-date",
            "elementary": "dbt-data-reliability",
        },
        [["compile"]],
        {},
    ),
    "dbt-audit-helper": (
        "dbt-audit-helper/integration_tests",
        {"dbt_audit_helper": "dbt-audit-helper", "dbt_utils": "dbt-utils"},
        [EVERYTHING],
        {},
    ),
}
# Relations whose rows come from random() or from the clock: their columns and number of rows are compared.
BY_CHANCE = re.compile(
    r"timeseries_|recency_time_included|unit_test_model_|window_function_test|\.test_dates$|compile_datetime|\.dim_hour$|data_test_factored|\.my_snapshot$"
    r"|main\.fct_(test|documentation)_coverage$|main_elementary\."
)
GOOD = {"success", "pass"}


def prepare(checkouts, side, project, packages):
    shutil.copytree(checkouts / project, side, ignore=shutil.ignore_patterns(".git", "target", "dbt_packages"))
    for name, source in packages.items():
        shutil.copytree(
            checkouts / source,
            side / "dbt_packages" / name,
            ignore=shutil.ignore_patterns(".git", "integration_tests", "target", "dbt_packages"),
        )
    profile = re.search(r"^profile:\s*['\"]?([\w-]+)", (side / "dbt_project.yml").read_text(), re.M).group(1)
    (side / "profiles.yml").write_text(
        f"{profile}:\n  target: duckdb\n  outputs:\n"
        "    duckdb: {type: duckdb, path: public.duckdb, schema: main, threads: 2}\n"
    )
    # dbt counts the packages that packages.yml names; what they need themselves was laid beside them.
    for own in [side, *(side / "dbt_packages" / name for name in packages)]:
        for file in ("packages.yml", "package-lock.yml", "dependencies.yml"):
            if (own / file).exists():
                (own / file).unlink()


def run(command, folder, environment):
    ran = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, env={**os.environ, "DBT_PROFILES_DIR": ".", **environment}
    )
    file = folder / "target" / "run_results.json"
    results = {}
    if file.exists():
        for result in json.loads(file.read_text())["results"]:
            # dbt lists a unit test whose sibling failed once more, as skipped.
            results.setdefault(result["unique_id"], (result["status"], result["failures"], result["message"]))
        file.unlink()
    return ran.returncode, results, ran.stdout + ran.stderr


def relations(folder):
    out = {}
    file = folder / "public.duckdb"
    if not file.exists():
        return out
    os.chdir(folder)
    with duckdb.connect(str(file), read_only=True) as connection:
        names = connection.execute(
            "select table_schema, table_name, table_type from information_schema.tables order by all"
        ).fetchall()
        for schema, name, kind in names:
            try:
                columns = connection.execute(f'describe "{schema}"."{name}"').fetchall()
                rows = connection.execute(f'select * from "{schema}"."{name}" order by all').fetchall()
            except duckdb.Error as error:
                columns, rows = [], [str(error)]
            relation = f"{schema}.{name}"
            out[relation] = (kind, [(c[0], c[1]) for c in columns], len(rows) if BY_CHANCE.search(relation) else rows)
    return out


def compiled(folder):
    base = folder / "target" / "compiled"
    out = {}
    for file in sorted(base.rglob("*.sql")):
        if file.is_file():
            text = re.sub(r"\s+", "", re.sub(r"--(?! Fixture)[^\n]*", "", file.read_text()))
            # When the run started, where a template writes it.
            text = re.sub(r"20\d\d-\d\d-\d\d\d\d:\d\d:\d\d\.\d+(\+00:00)?", "<moment>", text)
            # The rows given for an input: of several unit tests of a file, those of the last that ran.
            if not (text.startswith("--Fixturefor") and ".yml" in str(file)):
                out[str(file.relative_to(base))] = text
    return out


def shorten(value):
    text = str(value)
    return text if len(text) < 400 else text[:400] + f"… ({len(text)} characters)"


def compare_project(name, arguments, folder):
    project, packages, verbs, environment = PROJECTS[name]
    needed = {project.split("/")[0], *packages.values()}
    missing = [path for path in sorted(needed) if not (arguments.checkouts / path).is_dir()]
    if missing:
        print(f"LEFT OUT  {name}: no checkout of {', '.join(missing)}")
        return True
    theirs, ours = folder / name / "dbt", folder / name / "ingot"
    remembered = folder / name / "dbt.pickle"
    said_by_dbt = pickle.loads(remembered.read_bytes()) if remembered.exists() else None
    if said_by_dbt is None:
        shutil.rmtree(theirs, ignore_errors=True)
        prepare(arguments.checkouts, theirs, project, packages)
        said_by_dbt = []
        for verb in verbs:
            outcome = run([arguments.dbt, *verb], theirs, environment)
            said_by_dbt.append((*outcome, relations(theirs), compiled(theirs)))
        remembered.write_bytes(pickle.dumps(said_by_dbt))
    shutil.rmtree(ours, ignore_errors=True)
    prepare(arguments.checkouts, ours, project, packages)
    same = True
    for verb, (code, results, said, left, texts) in zip(verbs, said_by_dbt):
        own_code, own_results, own_said = run([arguments.ingot, "--project-dir", ".", "dbt", *verb], ours, environment)
        found = []
        for node in sorted(set(results) | set(own_results), key=str):
            status, own_status = results.get(node), own_results.get(node)
            # After the first unit test of a model that fails, dbt skips its others (which are they is chance); ingot runs all.
            skipped_sibling = node and node.startswith("unit_test.") and status and status[0] == "skipped"
            if skipped_sibling and own_status and own_status[0] in ("error", "fail"):
                continue
            if (status or ())[:2] != (own_status or ())[:2] and not BY_CHANCE.search(str(node)):
                found.append(f"status of {node}\n    dbt:   {shorten(status)}\n    ingot: {shorten(own_status)}")
        right, own_texts = relations(ours), compiled(ours)
        for relation in sorted(set(left) | set(right)):
            if left.get(relation) != right.get(relation):
                found.append(f"rows of {relation}\n    dbt:   {shorten(left.get(relation))}\n    ingot: {shorten(right.get(relation))}")
        for file in sorted(set(texts) | set(own_texts)):
            if texts.get(file) != own_texts.get(file):
                found.append(f"compiled {file}")
        if code != own_code:
            found.append(f"exit code {code} under dbt, {own_code} under ingot\n{said[-3000:]}\n{own_said[-3000:]}")
        good = sum(1 for status in results.values() if status[0] in GOOD)
        print(
            f"{'DIFFERENT' if found else 'same':9} {name}: dbt {' '.join(verb[:1])}: {len(results)} nodes ({good} well under dbt), "
            f"{len(left)} relations, {len(texts)} compiled files, {len(found)} differences"
        )
        for difference in found:
            same = False
            print("  " + difference)
    return same


def stop_the_clock(keep):
    """Starts this script anew with a clock that stands still, for both tools and for views that are read later."""
    library = glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1")
    if os.environ.get("FAKETIME") or not library:
        if not library:
            print("libfaketime is not installed (apt-get install faketime): rows that depend on the clock will differ")
        return
    moment = datetime.datetime.now().strftime("%Y-%m-%d %H:%M:%S")
    if keep:
        keep.mkdir(parents=True, exist_ok=True)
        kept = keep / "moment.txt"
        moment = kept.read_text() if kept.exists() else moment
        kept.write_text(moment)
    still = {"LD_PRELOAD": library[0], "FAKETIME": moment, "DONT_FAKE_MONOTONIC": "1", "TZ": "UTC"}
    os.execve(sys.executable, [sys.executable, *sys.argv], {**os.environ, **still})


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkouts", type=Path)
    parser.add_argument("projects", nargs="*")
    parser.add_argument("--ingot", default="target/release/ingot")
    parser.add_argument("--dbt", default="dbt")
    parser.add_argument("--keep", type=Path)
    arguments = parser.parse_intermixed_args()
    stop_the_clock(arguments.keep)
    arguments.checkouts = arguments.checkouts.resolve()
    arguments.ingot = os.path.abspath(arguments.ingot)
    arguments.dbt = os.path.abspath(shutil.which(arguments.dbt) or arguments.dbt)
    same = True
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.keep.resolve() if arguments.keep else Path(temporary)
        for name in arguments.projects or PROJECTS:
            same &= compare_project(name, arguments, folder)
    return 0 if same else 1


if __name__ == "__main__":
    sys.exit(main())
