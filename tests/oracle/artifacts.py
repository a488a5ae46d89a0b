"""The artifacts that dbt and ingot leave after the same commands, compared; dbt_projects.py does it for every case.

manifest.json, run_results.json, catalog.json and sources.json of ingot must validate against dbt's own JSON schemas, dbt's own classes must
load them, and they must say the same as dbt's, field by field but for what is listed under APART.
"""

import copy
import json

import jsonschema
from dbt.artifacts.schemas.catalog import CatalogArtifact
from dbt.artifacts.schemas.freshness import FreshnessExecutionResultArtifact
from dbt.artifacts.schemas.manifest import WritableManifest
from dbt.artifacts.schemas.run import RunResultsArtifact

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
    "unrendered_schema": "of a source: what stands in YAML before it is rendered",
    "unrendered_database": "the same",
    "compiled_path": "of snapshots and hooks: dbt has none, or one with ./ in it",
    "index": "the place of a hook among the hooks, which dbt counts while it runs them",
    "to": "of a foreign key: dbt writes the table in the place of the ref() once the model is compiled",
    "rows_affected": "dbt does not know how many rows a statement of DuckDB changed",
}
# Lists whose order means nothing, nor how often something is in them (dbt notes a ref() each time it is called).
UNORDERED = {"nodes", "refs", "tags", "parent_map", "child_map", "group_map"}


def of_side(run, folder):
    """Runs what writes the last artifacts; returns the exit codes and all artifacts."""
    target = folder / "target"
    read = {"codes": {}}
    if (target / "run_results.json").exists():
        read["run_results.json"] = json.loads((target / "run_results.json").read_text())
    for words in (["source", "freshness"], ["docs", "generate"]):
        read["codes"][" ".join(words)] = run(words, folder)[0]
    for name in ARTIFACTS:
        if name != "run_results.json" and (target / name).exists():
            read[name] = json.loads((target / name).read_text())
    return read


def in_order(key, value):
    return sorted({json.dumps(one) for one in value}) if key in UNORDERED and isinstance(value, list) else value


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
    elif isinstance(theirs, list) and isinstance(ours, list) and len(theirs) == len(ours):
        for index, (their_one, our_one) in enumerate(zip(theirs, ours)):
            walk(f"{path}/{index}", their_one, our_one, found)
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
    # Whenever dbt compiles something it compiles all hooks.
    without = ("compiled", "extra_ctes_injected")
    out["nodes"] = {
        key: {k: v for k, v in node.items() if not (node["resource_type"] == "operation" and k in without)}
        for key, node in manifest["nodes"].items()
    }
    own = lambda entries: {k: v for k, v in entries.items() if v["package_name"] not in ("dbt", "dbt_duckdb")}  # noqa: E731
    out["own macros"] = {
        key: {k: v for k, v in value.items() if k != "depends_on"} for key, value in own(manifest["macros"]).items()
    }
    out["own docs"] = own(manifest["docs"])
    return out


def of_run(results):
    out = {}
    for result in results["results"]:
        keys = ["status", "failures", "relation_name", "adapter_response", "compiled", "batch_results"]
        # What went wrong each of the two says in its own words; and dbt does not say why it skipped something.
        if result["status"] not in ("error", "skipped", "partial success") and result["unique_id"].split(".")[0] != "unit_test":
            keys.append("message")
        out.setdefault(result["unique_id"], {key: result[key] for key in keys})
    return out


def of_freshness(sources):
    keys = ("status", "max_loaded_at", "criteria")
    return {r["unique_id"]: {k: str(r.get(k)).replace("+00:00", "Z") for k in keys} for r in sources.get("results", [])}


def of_catalog(catalog):
    return {key: catalog.get(key) for key in ("nodes", "sources", "errors")}


def compare(theirs, ours):
    found = []
    if theirs["codes"] != ours["codes"]:
        found.append(f"exit codes: {theirs['codes']} under dbt, {ours['codes']} under ingot")
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
            # On a copy: dbt fills in what it reads.
            kind.from_dict(copy.deepcopy(ours[name]))
        except Exception as error:  # noqa: BLE001
            found.append(f"{name} cannot be loaded by dbt: {error}"[:500])
        said_by = {"manifest.json": of_project, "run_results.json": of_run, "catalog.json": of_catalog, "sources.json": of_freshness}
        walk(name.removesuffix(".json"), said_by[name](theirs[name]), said_by[name](ours[name]), found)
    return found
