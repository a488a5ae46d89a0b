"""Every test class that dbt-tests-adapter has for an adapter of a database like DuckDB, as it comes."""

import importlib
from pathlib import Path

import dbt.tests.adapter

def asked_by(found):
    return {name for name in dir(found) if name.startswith("test_")}


def bases():
    root = Path(dbt.tests.adapter.__file__ or next(iter(dbt.tests.adapter.__path__))).parent
    root = root if root.name == "adapter" else root / "adapter"
    for file in sorted(root.rglob("*.py")):
        if not (file.name.startswith("test_") or file.name == "basic.py"):
            continue
        name = ".".join(("dbt", "tests", "adapter", *file.relative_to(root).with_suffix("").parts))
        loaded = importlib.import_module(name)
        classes = [item for item in vars(loaded).values() if isinstance(item, type) and item.__module__ == name and asked_by(item)]
        for found in sorted(classes, key=lambda item: item.__name__):
            # A class that others in its file are made of, and that asks for nothing they do not.
            if not any(found in other.__mro__[1:] and asked_by(other) == asked_by(found) for other in classes):
                yield found.__name__, found


for name, base in bases():
    own = "Test" + name.removeprefix("Base").removeprefix("Test")
    while own in globals():
        own += "Too"
    globals()[own] = type(own, (base,), {"__module__": __name__})
