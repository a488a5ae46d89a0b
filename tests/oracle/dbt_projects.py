"""Runs every case of tests/it/run_models/cases under dbt-duckdb and under ingot, and compares the two.

    python tests/oracle/dbt_projects.py --ingot target/release/ingot --dbt .venv/bin/dbt [case ...]

A case is a dbt project. Folders step_1, step_2, … in it are laid over the project, one before each further build.
After every build the statuses of all nodes, the failures of all tests, the compiled SQL (up to white space) and
the rows of every relation must be the same. Needs the Python package duckdb, of the version that wrote the file or later.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import duckdb

CASES = Path(__file__).resolve().parent.parent / "it" / "run_models" / "cases"
PROFILE = "case:\n  target: dev\n  outputs:\n    dev: {type: duckdb, path: case.duckdb, schema: main, threads: 2}\n"


def build(command, folder):
    ran = subprocess.run(command, cwd=folder, capture_output=True, text=True, env={**os.environ, "DBT_PROFILES_DIR": "."})
    results = {}
    file = folder / "target" / "run_results.json"
    if file.exists():
        for result in json.loads(file.read_text())["results"]:
            # dbt lists a unit test whose sibling failed once more, as skipped.
            results.setdefault(result["unique_id"], (result["status"], result["failures"]))
        file.unlink()
    return ran.returncode, results, ran.stdout + ran.stderr


def relations(folder):
    file = folder / "case.duckdb"
    if not file.exists():
        return {}
    os.chdir(folder)  # views may read files by relative paths
    with duckdb.connect(str(file), read_only=True) as connection:
        names = connection.execute(
            "select table_schema, table_name, table_type from information_schema.tables order by all"
        ).fetchall()
        out = {}
        for schema, name, kind in names:
            columns = connection.execute(f'describe "{schema}"."{name}"').fetchall()
            kept = [f'"{c[0]}"' for c in columns if not re.match("dbt_(scd_id|updated_at|valid_from|valid_to)", c[0])]
            rows = connection.execute(f'select {", ".join(kept)} from "{schema}"."{name}" order by all').fetchall()
            out[f"{schema}.{name}"] = (kind, [(c[0], c[1]) for c in columns], rows)
        out["constraints"] = connection.execute(
            "select schema_name, table_name, constraint_type, constraint_text from duckdb_constraints() order by all"
        ).fetchall()
        out["indexes"] = connection.execute(
            "select schema_name, table_name, is_unique, expressions from duckdb_indexes() order by all"
        ).fetchall()
        out["comments"] = connection.execute(
            "select schema_name, table_name, comment from duckdb_tables() where comment is not null"
            " union all select schema_name, view_name, comment from duckdb_views() where comment is not null"
            " union all select schema_name, table_name || '.' || column_name, comment from duckdb_columns() where comment is not null order by all"
        ).fetchall()
        return out


def compiled(folder):
    out = {}
    for file in sorted((folder / "target" / "compiled").rglob("*.sql")):
        if not file.is_file():
            continue
        # White space, and the comments that dbt's own macros leave behind, are none of the SQL's meaning.
        text = re.sub(r"\s+", "", re.sub(r"--[^\n]*", "", file.read_text()))
        # The rows given for an input: of several unit tests of a file, those of the last that ran.
        if "-- Fixture for" not in file.read_text()[:40]:
            out[str(file.relative_to(folder / "target" / "compiled"))] = text
    return out


def lay(source, target):
    for file in source.rglob("*"):
        relative = file.relative_to(source)
        if file.is_file() and not (source == target or relative.parts[0].startswith("step_")):
            (target / relative).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(file, target / relative)


def differences(name, what, theirs, ours):
    for key in sorted(set(theirs) | set(ours)):
        if theirs.get(key) != ours.get(key):
            yield f"{name}: {what} of {key}\n    dbt:   {theirs.get(key)}\n    ingot: {ours.get(key)}"


def compare(case, dbt, ingot, folder):
    theirs, ours = folder / "dbt", folder / "ingot"
    steps = [case] + sorted(case.glob("step_*"))
    found, seen = [], 0
    for number, step in enumerate(steps):
        name = f"{case.name} build {number + 1}"
        for side in (theirs, ours):
            lay(step, side)
            (side / "profiles.yml").write_text(PROFILE)
        code, results, said = build([dbt, "build"], theirs)
        own_code, own_results, own_said = build([ingot, "--project-dir", ".", "dbt", "build"], ours)
        seen += len(results)
        if not results:
            found.append(f"{name}: nothing was run\n{said}")
        if code != own_code:
            found.append(f"{name}: exit code {code} under dbt, {own_code} under ingot\n{said}\n{own_said}")
        found += differences(name, "status and failures", results, own_results)
        found += differences(name, "rows", relations(theirs), relations(ours))
        found += differences(name, "compiled SQL", compiled(theirs), compiled(ours))
    return found, f"{len(steps)} builds, {seen} nodes"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ingot", default="target/release/ingot")
    parser.add_argument("--dbt", default="dbt")
    parser.add_argument("cases", nargs="*")
    arguments = parser.parse_args()
    failed = False
    for case in sorted(path for path in CASES.iterdir() if path.is_dir()):
        if arguments.cases and case.name not in arguments.cases:
            continue
        with tempfile.TemporaryDirectory() as folder:
            found, counted = compare(case, arguments.dbt, os.path.abspath(arguments.ingot), Path(folder))
        print(f"{'DIFFERENT' if found else 'same':9} {case.name} ({counted})")
        for difference in found:
            failed = True
            print("  " + difference)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
