"""Checks schemas/*.odcs.yaml against the JSON schema of the Open Data Contract Standard v3.1.

The schema is the one that the standard's own Python package carries (PyPI: open-data-contract-standard).
Exits 1 when a contract breaks it.
"""

import importlib.resources
import json
import pathlib
import sys

import jsonschema
import yaml

root = pathlib.Path(__file__).resolve().parents[2]
schema = json.loads(importlib.resources.files("open_data_contract_standard").joinpath("schema.json").read_text())
validator = jsonschema.Draft201909Validator(schema)
contracts = sorted((root / "schemas").glob("*.odcs.yaml"))
broken = 0
for path in contracts:
    for error in validator.iter_errors(yaml.safe_load(path.read_text())):
        broken += 1
        print(f"{path.name}: {'/'.join(map(str, error.absolute_path))}: {error.message[:300]}")
print(f"{len(contracts)} contracts against ODCS v3.1: {len(contracts) - broken} passed, {broken} failed")
sys.exit(1 if broken or not contracts else 0)
