"""Every JSON file of a Power BI project against the schema that it names.

    python powerbi_schemas.py ANALYTICS SCHEMAS

SCHEMAS is a clone of https://github.com/microsoft/json-schemas (MIT). Needs: pip install jsonschema
"""

import json
import pathlib
import sys

from jsonschema import Draft7Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT7

BASE = "https://developer.microsoft.com/json-schemas/"
# Files that name no schema: ingot's own record, and the theme.
WITHOUT_SCHEMA = {".ingot-powerbi.json", "theme.json"}


def main():
    project, schemas = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])

    def retrieve(uri):
        contents = json.loads((schemas / uri.removeprefix(BASE)).read_text("utf-8-sig"))
        return Resource.from_contents(contents, default_specification=DRAFT7)

    registry = Registry(retrieve=retrieve)
    files = errors = 0
    for path in sorted(project.rglob("*")):
        if not (path.suffix in (".json", ".pbip", ".pbir", ".pbism") or path.name == ".platform"):
            continue
        if path.name in WITHOUT_SCHEMA:
            continue
        document = json.loads(path.read_text("utf-8"))
        # References in a schema are relative to where it is published.
        schema = {**retrieve(document["$schema"]).contents, "$id": document["$schema"]}
        files += 1
        for error in Draft7Validator(schema, registry=registry).iter_errors(document):
            errors += 1
            print(f"{path}: {'/'.join(map(str, error.path))}: {error.message[:200]}")
    print(f"{files} files, {errors} errors")
    return 1 if errors or not files else 0


if __name__ == "__main__":
    sys.exit(main())
