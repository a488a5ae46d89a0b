"""The Power BI project as independent readers see it: TMDL by powerbi-tmdl-tools, DAX by pbi-parsers, the report by the rules
of pbir-utils.

    python powerbi_readers.py ANALYTICS

Needs: pip install powerbi-tmdl-tools pbi-parsers pbir-utils
"""

import itertools
import pathlib
import re
import sys

import pbir_utils
from pbi_parsers import dax
from tmdl_parser import parse_semantic_model_definition


def measures_of(text):
    """Name and DAX of each measure of a table."""
    lines = text.split("\n")
    for number, line in enumerate(lines):
        if line.startswith("\tmeasure "):
            name, _, expression = line.removeprefix("\tmeasure ").partition(" =")
            if not expression.strip():
                below = itertools.takewhile(lambda one: one.startswith("\t\t\t"), lines[number + 1:])
                expression = "\n".join(one.strip() for one in below)
            yield name.strip("'"), expression.strip()


def main():
    folder = pathlib.Path(sys.argv[1])
    (definition,) = folder.glob("*.SemanticModel/definition")
    (report,) = folder.glob("*.Report")
    failures = 0
    tables = {file.stem: file.read_text(encoding="utf-8") for file in (definition / "tables").glob("*.tmdl")}
    read = parse_semantic_model_definition(str(definition))
    if {table["name"].strip("'") for table in read["tables"]} != set(tables):
        failures += 1
        print("powerbi-tmdl-tools sees other tables")
    written = len(re.findall(r"^relationship ", (definition / "relationships.tmdl").read_text(encoding="utf-8"), re.M))
    if len(read["relationships"]) != written:
        failures += 1
        print(f"powerbi-tmdl-tools sees {len(read['relationships'])} relationships of {written}")
    objects = 0
    for table in read["tables"]:
        for kind in ("columns", "measures"):
            count = len(re.findall(rf"^\t{kind[:-1]} ", tables[table["name"].strip("'")], re.M))
            objects += count
            if len(table.get(kind, [])) != count:
                failures += 1
                print(f"powerbi-tmdl-tools sees {len(table.get(kind, []))} {kind} of {count} in {table['name']}")
    parsed = skipped = 0
    for text in tables.values():
        for name, expression in measures_of(text):
            # pbi-parsers takes NOT only with a parenthesis after it.
            if re.search(r"\bNOT (?!\()", expression):
                skipped += 1
                continue
            parsed += 1
            try:
                read_as = dax.to_ast(expression)
            except Exception as error:
                read_as = print(f"pbi-parsers does not read {name}: {error!r}")
            failures += read_as is None
    result = pbir_utils.validate_report(str(report))
    if "fail" in str(result):
        failures += 1
    print(f"{len(tables)} tables, {objects} columns and measures, {parsed} measures parsed, {skipped} left out, {failures} problems")
    return 1 if failures or not parsed else 0


if __name__ == "__main__":
    sys.exit(main())
