"""The JSON Schemas of `ingot schema` against every YAML file of this repository that they are for, by Python's jsonschema.

    python tests/oracle/editor_schemas.py INGOT

All contracts, generate.yaml, dbt_project.yml and property files of the retail project and of the examples must be valid, and
the same files with a slip must not be. Every key that a file has at its top must be one that the schema names.
"""

import copy
import glob
import json
import os
import subprocess
import sys
import tempfile

import jsonschema
import yaml

SLIPS = {
    "contract.json": lambda document: document.update(kind="DataContrakt"),
    "generate.json": lambda document: document.update(late_shares=0.1),
    "dbt_project.json": lambda document: document.update({"model-path": ["models"]}),
    "properties.json": lambda document: document.update(models="none"),
}
FILES = {
    "contract.json": ["schemas/*.odcs.yaml"],
    "generate.json": ["generate.yaml"],
    "dbt_project.json": ["dbt_project.yml"],
    "properties.json": ["models/**/*.yml", "snapshots/**/*.yml"],
}


class Loader(yaml.SafeLoader):
    """Dates stay text, as they are in JSON."""


Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def main():
    ingot = os.path.abspath(sys.argv[1])
    projects = [".", *sorted(os.path.dirname(file) for file in glob.glob("examples/*/dbt_project.yml"))]
    counts = dict.fromkeys(FILES, 0)
    for project in projects:
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run([ingot, "--project-dir", project, "schema", "--out", folder], check=True, capture_output=True)
            for name, patterns in FILES.items():
                file = os.path.join(folder, name)
                if not os.path.exists(file):
                    continue
                schema = json.load(open(file))
                kind = jsonschema.validators.validator_for(schema)
                kind.check_schema(schema)
                validator = kind(schema)
                for path in [path for pattern in patterns for path in glob.glob(os.path.join(project, pattern), recursive=True)]:
                    document = yaml.load(open(path), Loader)
                    faults = [f"{path}: {list(fault.path)}: {fault.message[:200]}" for fault in validator.iter_errors(document)]
                    assert not faults, "\n".join(faults)
                    unknown = set(document) - set(schema["properties"])
                    assert not unknown, f"{path}: {name} does not name {unknown}"
                    wrong = copy.deepcopy(document)
                    SLIPS[name](wrong)
                    assert not validator.is_valid(wrong), f"{path}: {name} takes a slip"
                    counts[name] += 1
    assert all(counts.values()), counts
    print(f"valid by their schemas, and not with a slip: {counts}")


main()
