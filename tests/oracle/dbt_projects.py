"""Runs every case of crates/models/tests/it/cases under dbt-duckdb and under ingot, and compares what the two leave.

    python tests/oracle/dbt_projects.py --ingot target/release/ingot [--remember folder] [case ...]

A case is a dbt project. Folders step_1, step_2, … in it are laid over the project, one after the other. Each of them, and the case
itself, may have a file `commands` with a dbt command a line (`build`, where there is none); a line that begins with $ is for the shell, one that
begins with ! cannot run.
After every command the exit code, the statuses of all nodes and the failures of all tests must be the same; after every step the compiled SQL (up
to white space) and the rows of every relation; in the end, after `source freshness` and `docs generate`, the artifacts (artifacts.py).

With --remember, what dbt gave for a case is kept in that folder, and used again as long as the case stays as it is.
"""

import argparse
import hashlib
import itertools
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

sys.path.insert(0, str(Path(__file__).resolve().parent))
import artifacts  # noqa: E402
from dbt_process import dbt_command, dbt_lists, in_fork, in_workers  # noqa: E402

CASES = Path(__file__).resolve().parents[2] / "crates" / "models" / "tests" / "it" / "cases"
# To be raised when what is remembered of a case changes its form.
REMEMBERED_AS = b"2"
# dbt with one thread: two of its threads that compile the same ephemeral model at once leave the CTEs of that model
# within it as well, now and then (`_recursively_prepend_ctes` reads and writes one node without a lock).
PROFILE = """case:
  target: dev
  outputs:
    dev: {type: duckdb, path: case.duckdb, schema: main, threads: "{{ env_var('CASE_THREADS', '1') | as_number }}"}
"""


def statuses(folder):
    results = {}
    file = folder / "target" / "run_results.json"
    if file.exists():
        for result in json.loads(file.read_text())["results"]:
            # dbt lists a unit test whose sibling failed once more, as skipped.
            results.setdefault(result["unique_id"], (result["status"], result["failures"]))
    return results


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
            try:
                rows = connection.execute(f'select {", ".join(kept)} from "{schema}"."{name}" order by all').fetchall()
            except duckdb.Error as error:  # of a view that cannot be read
                rows = type(error).__name__
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
        if file.is_file() and not (source == target or relative.parts[0].startswith("step_") or relative.name == "commands"):
            (target / relative).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(file, target / relative)


class Dbt:
    def run(self, words, folder):
        return dbt_command(words, folder)

    def lists(self, lines, folder):
        return dbt_lists(lines, folder)


class Ingot:
    def __init__(self, program, threads=1):
        self.program = program
        self.threads = threads

    def run(self, words, folder):
        command = [self.program, "--project-dir", ".", "dbt", *words]
        ran = subprocess.run(command, cwd=folder, capture_output=True, text=True, env={**os.environ, "DBT_PROFILES_DIR": ".", "CASE_THREADS": str(self.threads)})
        return ran.returncode, ran.stdout, ran.stderr

    def lists(self, lines, folder):
        answers = [self.run(["--quiet", *words], folder) for words in lines]
        return [(code, out.splitlines(), err) for code, out, err in answers]


def commands(step):
    file = step / "commands"
    lines = file.read_text().splitlines() if file.exists() else ["build"]
    return [line.strip() for line in lines if line.strip() and not line.startswith("#")]


def one_side(case, tool, folder):
    """What one of the two leaves: for each step its commands and the state of things after it, and the artifacts in the end."""
    steps = []
    for step in [case] + sorted(case.glob("step_*")):
        lay(step, folder)
        if not (folder / "profiles.yml").exists():
            (folder / "profiles.yml").write_text(PROFILE)
        ran = []
        for verb, lines in itertools.groupby(commands(step), key=lambda line: line.split()[0]):
            lines = list(lines)
            if verb == "$":
                for line in lines:
                    subprocess.run(line[1:], shell=True, cwd=folder)
            elif verb == "list":
                for line, (code, out, err) in zip(lines, tool.lists([line.split() for line in lines], folder)):
                    if code == 2 and isinstance(tool, Dbt):
                        raise RuntimeError(f"dbt {line} could not run:\n{err}")
                    printed = sorted(out) if code == 0 else None
                    ran.append({"command": line, "code": code, "statuses": {}, "printed": printed, "said": err})
            else:
                for line in lines:
                    expects_none = line.startswith("!")
                    line = line.removeprefix("!").strip()
                    if verb != "retry":
                        (folder / "target" / "run_results.json").unlink(missing_ok=True)
                    code, out, err = tool.run(line.split(), folder)
                    if code == 2 and not expects_none and isinstance(tool, Dbt):
                        raise RuntimeError(f"dbt {line} could not run:\n{out}{err}")
                    seen = statuses(folder)
                    ran.append({"command": line, "code": code, "statuses": seen, "printed": None, "said": out + err})
        state = {"rows": in_fork(relations, folder), "compiled SQL": compiled(folder)}
        steps.append({"commands": ran, "state": state})
    left = artifacts.of_side(tool.run, folder)
    return {"steps": steps, "artifacts": left}


def dbt_side(case, folder, remembered):
    if remembered is None:
        return one_side(case, Dbt(), folder)
    digest = hashlib.sha256(REMEMBERED_AS)
    for file in sorted(case.rglob("*")):
        if file.is_file():
            digest.update(str(file.relative_to(case)).encode() + b"\0" + file.read_bytes() + b"\0")
    kept = Path(remembered) / f"{case.name}-{digest.hexdigest()[:16]}"
    if not kept.exists():
        side = one_side(case, Dbt(), folder)
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_bytes(pickle.dumps(side))
    return pickle.loads(kept.read_bytes())


def differences(name, what, theirs, ours):
    for key in sorted(set(theirs) | set(ours)):
        if theirs.get(key) != ours.get(key):
            yield f"{name}: {what} of {key}\n    dbt:   {theirs.get(key)}\n    ingot: {ours.get(key)}"


def compare(case, theirs, ours):
    found, seen = [], 0
    for number, (their_step, our_step) in enumerate(zip(theirs["steps"], ours["steps"])):
        for a, b in zip(their_step["commands"], our_step["commands"]):
            name = f"step {number}, {a['command']}"
            seen += len(a["statuses"])
            both = f"\n{a['said']}\n{b['said']}"
            if a["code"] != b["code"]:
                found.append(f"{name}: exit code {a['code']} under dbt, {b['code']} under ingot{both}")
            elif a["command"] == "build" and not a["statuses"]:
                found.append(f"{name}: nothing was run{both}")
            if a["printed"] != b["printed"]:
                found.append(f"{name}: printed\n    dbt:   {a['printed']}\n    ingot: {b['printed']}\n{b['said']}")
            found += differences(name, "status and failures", a["statuses"], b["statuses"])
        for what in ("rows", "compiled SQL"):
            found += differences(f"step {number}", what, their_step["state"][what], our_step["state"][what])
    found += artifacts.compare(theirs["artifacts"], ours["artifacts"])
    return found, f"{len(theirs['steps'])} steps, {seen} nodes"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ingot", default="target/release/ingot")
    parser.add_argument("--remember")
    parser.add_argument("--keep", help="a folder in which both sides' projects stay, to be looked at")
    parser.add_argument("--workers", type=int, default=os.cpu_count())
    parser.add_argument("cases", nargs="*")
    arguments = parser.parse_args()
    ingot = os.path.abspath(arguments.ingot)

    def one(case):
        with tempfile.TemporaryDirectory() as folder:
            folder = Path(arguments.keep or folder).resolve() / case.name
            shutil.rmtree(folder, ignore_errors=True)
            try:
                theirs = dbt_side(case, folder / "dbt", arguments.remember)
            except RuntimeError as error:
                return case.name, [str(error)], "not compared"
            ours = one_side(case, Ingot(ingot), folder / "ingot")
        return case.name, *compare(case, theirs, ours)

    cases = sorted(path for path in CASES.iterdir() if path.is_dir() and (not arguments.cases or path.name in arguments.cases))
    failed = False
    for name, found, counted in in_workers(one, cases, arguments.workers):
        print(f"{'DIFFERENT' if found else 'same':9} {name} ({counted})", flush=True)
        for difference in found:
            failed = True
            print("  " + difference)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
