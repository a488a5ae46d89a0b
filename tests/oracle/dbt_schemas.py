"""crates/models/src/project/dbt_schemas.json: the classes with which dbt checks property files and configs, as small JSON Schemas.

    python tests/oracle/dbt_schemas.py [--write]

Without --write the file is compared with the classes of the dbt that is installed: another dbt may have other classes.
"""

import json
import sys
from pathlib import Path

from dbt.artifacts.resources import (
    ExposureConfig,
    FunctionConfig,
    MetricConfig,
    ModelConfig,
    SavedQueryConfig,
    SeedConfig,
    SemanticModelConfig,
    SnapshotConfig,
    SourceConfig,
    TestConfig,
    UnitTestConfig,
)
from dbt.artifacts.resources.v1.group import GroupConfig
from dbt.contracts.graph import unparsed

FILE = Path(__file__).resolve().parents[2] / "crates" / "models" / "src" / "project" / "dbt_schemas.json"
ENTRIES = {
    "models": unparsed.UnparsedModelUpdate,
    "seeds": unparsed.UnparsedNodeUpdate,
    "snapshots": unparsed.UnparsedNodeUpdate,
    "analyses": unparsed.UnparsedAnalysisUpdate,
    "macros": unparsed.UnparsedMacroUpdate,
    "sources": unparsed.UnparsedSourceDefinition,
    "overrides": unparsed.SourcePatch,
    "exposures": unparsed.UnparsedExposure,
    "groups": unparsed.UnparsedGroup,
    "unit_tests": unparsed.UnparsedUnitTest,
    "data_tests": unparsed.UnparsedSingularTestUpdate,
    "functions": unparsed.UnparsedFunctionUpdate,
    "semantic_models": unparsed.UnparsedSemanticModel,
    "metrics": unparsed.UnparsedMetric,
    "saved_queries": unparsed.UnparsedSavedQuery,
}
CONFIGS = {
    "metric": MetricConfig,
    "semantic_model": SemanticModelConfig,
    "saved_query": SavedQueryConfig,
    "exposure": ExposureConfig,
    "source": SourceConfig,
    "seed": SeedConfig,
    "test": TestConfig,
    "model": ModelConfig,
    "snapshot": SnapshotConfig,
    "unit_test": UnitTestConfig,
    "group": GroupConfig,
    "function": FunctionConfig,
}
# What dbt adds to an entry itself, and the place of keys that a class does not name.
OWN = {"original_file_path", "yaml_key", "package_name", "path", "_extra"}


def small(schema, classes):
    """The same in fewer words: classes by reference, no defaults, a list of types in the place of alternatives."""
    if "anyOf" in schema:
        options = [small(option, classes) for option in schema["anyOf"]]
        if {} in options:
            return {}
        if all(set(option) == {"type"} for option in options):
            return {"type": [option["type"] for option in options]}
        return {"anyOf": options}
    if "properties" in schema:
        name = schema["title"]
        if name not in classes:
            classes[name] = None
            out = {
                "type": "object",
                "properties": {key: small(value, classes) for key, value in schema["properties"].items() if key not in OWN},
            }
            if schema.get("additionalProperties") is False:
                out["additionalProperties"] = False
            required = [key for key in schema.get("required", []) if key not in OWN]
            if required:
                out["required"] = required
            classes[name] = out
        return {"$ref": f"#/$defs/{name}"}
    out = {key: schema[key] for key in ("type", "enum", "pattern") if key in schema}
    if "enum" in out:
        out.pop("type", None)
    if "items" in schema:
        out["items"] = small(schema["items"], classes)
    return out


def lines(members):
    return "{\n" + ",\n".join(f"{json.dumps(key)}: {value}" for key, value in members.items()) + "\n}"


def main():
    classes = {}
    of = {
        part: {key: json.dumps(small(cls.json_schema(), classes)) for key, cls in all_of_it.items()}
        for part, all_of_it in [("entries", ENTRIES), ("configs", CONFIGS)]
    }
    written = {
        name: lines(
            {
                key: lines({name: json.dumps(value) for name, value in member.items()}) if key == "properties" else json.dumps(member)
                for key, member in classes[name].items()
            }
        )
        for name in sorted(classes)
    }
    text = lines({**{part: lines(members) for part, members in of.items()}, "$defs": lines(written)}) + "\n"
    json.loads(text)
    if "--write" in sys.argv:
        FILE.write_text(text)
    elif FILE.read_text() != text:
        sys.exit(f"{FILE} is not what the classes of this dbt give: run this with --write, and see what has changed")
    print(f"{len(classes)} classes of dbt")


if __name__ == "__main__":
    main()
