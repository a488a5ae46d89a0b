"""Every test class that dbt-tests-adapter has for an adapter of a database like DuckDB, as it comes."""

import importlib
import os
from pathlib import Path

import dbt.tests.adapter
import pytest

# Not for DuckDB, or dbt-duckdb itself does not pass them as they come (it changes them first).
NOT_FOR_DUCKDB = set()
# What ingot does otherwise, and why.
OTHERWISE = {}


def tests_of(found):
    return {name for name in dir(found) if name.startswith("test_")}


def bases():
    root = Path(dbt.tests.adapter.__file__ or next(iter(dbt.tests.adapter.__path__))).parent
    root = root if root.name == "adapter" else root / "adapter"
    for file in sorted(root.rglob("*.py")):
        if not (file.name.startswith("test_") or file.name == "basic.py"):
            continue
        name = ".".join(("dbt", "tests", "adapter", *file.relative_to(root).with_suffix("").parts))
        loaded = importlib.import_module(name)
        classes = [item for item in vars(loaded).values() if isinstance(item, type) and item.__module__ == name and tests_of(item)]
        for found in sorted(classes, key=lambda item: item.__name__):
            # A class that others in its file are made of, and that asks for nothing they do not.
            if not any(found in other.__mro__[1:] and tests_of(other) == tests_of(found) for other in classes):
                yield found.__name__, found


for name, base in bases():
    own = "Test" + name.removeprefix("Base").removeprefix("Test")
    if name in NOT_FOR_DUCKDB:
        continue
    made = type(own, (base,), {"__module__": __name__})
    if name in OTHERWISE and os.environ.get("INGOT"):
        made = pytest.mark.skip(reason=OTHERWISE[name])(made)
    while own in globals():
        own += "Too"
    globals()[own] = made
