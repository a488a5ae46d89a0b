"""Runs cases of tests/it/run_models/cases under dbt and under ingot, and compares the artifacts that both leave.

    python tests/oracle/artifacts.py --ingot target/release/ingot --dbt .venv/bin/dbt [case ...]

For each case: build, source freshness, docs generate. Then manifest.json, run_results.json, catalog.json and sources.json of ingot must
validate against dbt's own JSON schemas, dbt's own classes must load them, and manifest and catalog must say the same as dbt's,
field by field but for what is listed under APART.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import jsonschema
from dbt.artifacts.schemas.catalog import CatalogArtifact
from dbt.artifacts.schemas.freshness import FreshnessExecutionResultArtifact
from dbt.artifacts.schemas.manifest import WritableManifest
from dbt.artifacts.schemas.run import RunResultsArtifact

sys.path.insert(0, str(Path(__file__).resolve().parent))
from dbt_projects import CASES, PROFILE, lay  # noqa: E402

ARTIFACTS = {
    "manifest.json": WritableManifest,
    "run_results.json": RunResultsArtifact,
    "catalog.json": CatalogArtifact,
    "sources.json": FreshnessExecutionResultArtifact,
}

# Keys that may differ, each with the reason.
APART = {
    "created_at": "the time of parsing",
    "root_path": "the two copies of the case lie in different folders",
    "build_path": "where the SQL that was run lies",
    "compiled_code": "compared by dbt_projects.py, up to white space",
    "extra_ctes": "the words of ephemeral models, likewise",
    "macros": "the built-in macros are others, so what is called inside them is too",
    "checksum": "line ends of hooks and unit tests",
    "selectors": "dbt writes each definition in one form; ours stand as in the file",
    "unrendered_schema": "dbt notes the schema of a source twice",
    "compiled_path": "of snapshots and hooks: dbt has none, or one with ./ in it",
    "index": "the place of a hook among the hooks, which dbt counts while it runs them",
}
# Lists whose order means nothing.
UNORDERED = {"nodes", "refs", "tags", "parent_map", "child_map", "group_map"}


def in_order(key, value):
    return sorted(value, key=json.dumps) if key in UNORDERED and isinstance(value, list) else value


def run(command, folder):
    ran = subprocess.run(command, cwd=folder, capture_output=True, text=True, env={**os.environ, "DBT_PROFILES_DIR": "."})
    return ran.returncode, ran.stdout + ran.stderr


def walk(path, theirs, ours, found):
    if isinstance(theirs, dict) and isinstance(ours, dict):
        for key in [*theirs, *(key for key in ours if key not in theirs)]:
            if key in APART and path:
                continue
            where = f"{path}/{key}"
            if key not in ours:
                found.append(f"{where} is missing; dbt has {short(theirs[key])}")
            elif key not in theirs:
                found.append(f"{where} is there, and dbt has none: {short(ours[key])}")
            else:
                walk(where, in_order(key, theirs[key]), in_order(key, ours[key]), found)
    elif theirs != ours:
        found.append(f"{path}\n      dbt:   {short(theirs)}\n      ingot: {short(ours)}")


def short(value):
    text = json.dumps(value)
    return text if len(text) < 300 else text[:300] + "..."


def of_project(manifest):
    """The manifest without dbt's own macros and pages, and without what tells one invocation from another."""
    out = {key: value for key, value in manifest.items() if key not in ("metadata", "macros", "docs")}
    for name in ("parent_map", "child_map", "group_map"):
        out[name] = {key: sorted(value) for key, value in manifest[name].items()}
    # dbt gives groups the configs of models that lie in the same folder.
    out["groups"] = {key: {k: v for k, v in value.items() if k not in ("config", "path")} for key, value in manifest["groups"].items()}
    own = lambda entries: {k: v for k, v in entries.items() if v["package_name"] not in ("dbt", "dbt_duckdb")}  # noqa: E731
    out["own macros"] = {
        key: {k: v for k, v in value.items() if k != "depends_on"} for key, value in own(manifest["macros"]).items()
    }
    out["own docs"] = own(manifest["docs"])
    return out


def compare(case, dbt, ingot, folder):
    sides = {"dbt": ([dbt], folder / "dbt"), "ingot": ([ingot, "--project-dir", ".", "dbt"], folder / "ingot")}
    found, read = [], {}
    for side, (command, place) in sides.items():
        lay(case, place)
        (place / "profiles.yml").write_text(PROFILE)
        target = place / "target"
        codes = []
        for verb in (["build"], ["source", "freshness"], ["docs", "generate"]):
            code, said = run([*command, *verb], place)
            codes.append(code)
            if verb == ["build"]:
                results = (target / "run_results.json").read_text() if (target / "run_results.json").exists() else said
        read[side] = {"codes": codes, "run_results.json": json.loads(results)}
        for name in ARTIFACTS:
            if name != "run_results.json" and (target / name).exists():
                read[side][name] = json.loads((target / name).read_text())
    theirs, ours = read["dbt"], read["ingot"]
    if theirs["codes"] != ours["codes"]:
        found.append(f"exit codes of build, freshness and docs: {theirs['codes']} under dbt, {ours['codes']} under ingot")
    for name, kind in ARTIFACTS.items():
        if (name in theirs) != (name in ours):
            found.append(f"{name} is written by {'dbt' if name in theirs else 'ingot'} alone")
            continue
        if name not in ours:
            continue
        validator = jsonschema.Draft202012Validator(kind.json_schema())
        for error in list(validator.iter_errors(ours[name]))[:5]:
            found.append(f"{name} does not fit dbt's schema: {'/'.join(map(str, error.path))}: {error.message[:300]}")
        try:
            kind.from_dict(ours[name])
        except Exception as error:  # noqa: BLE001
            found.append(f"{name} cannot be loaded by dbt: {error}"[:500])
    walk("", of_project(theirs["manifest.json"]), of_project(ours["manifest.json"]), found)
    catalog = lambda side: {k: side.get("catalog.json", {}).get(k) for k in ("nodes", "sources", "errors")}  # noqa: E731
    walk("catalog", catalog(theirs), catalog(ours), found)
    results = lambda side: {  # noqa: E731
        r["unique_id"]: {k: r[k] for k in ("status", "failures", "relation_name")} for r in side["run_results.json"]["results"]
    }
    walk("results", results(theirs), results(ours), found)
    freshness = lambda side: {  # noqa: E731
        r["unique_id"]: {k: str(r.get(k)).replace("+00:00", "Z") for k in ("status", "max_loaded_at", "criteria")}
        for r in side.get("sources.json", {}).get("results", [])
    }
    walk("freshness", freshness(theirs), freshness(ours), found)
    return found


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
            found = compare(case, arguments.dbt, os.path.abspath(arguments.ingot), Path(folder))
        print(f"{'DIFFERENT' if found else 'same':9} {case.name}")
        for difference in found:
            failed = True
            print("  " + difference)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
