"""The HCL of `ingot domain add --terraform`, as python-hcl2 reads it, against the project.

    python tests/oracle/terraform.py INGOT

If terraform or tofu is on the path, it reads the file too, and validates it against the schema of the provider if its registry
can be reached.
"""

import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import hcl2

# https://docs.databricks.com/aws/en/data-governance/unity-catalog/manage-privileges/privileges
PRIVILEGES = {
    "catalog": {"USE_CATALOG", "USE_SCHEMA", "CREATE_SCHEMA", "CREATE_TABLE", "SELECT", "MODIFY"},
    "schema": {"USE_SCHEMA", "CREATE_TABLE", "SELECT", "MODIFY"},
    "table": {"SELECT", "MODIFY"},
    "external_location": {"READ_FILES", "WRITE_FILES", "CREATE_EXTERNAL_TABLE"},
}
REFERENCE = re.compile(r"(databricks_\w+)\.(\w+)\.(?:name|id|url)|var\.(\w+)")


def run(*arguments):
    ended = subprocess.run([INGOT, *arguments], cwd=PROJECT, capture_output=True, text=True)
    if ended.returncode != 0:
        sys.exit(f"{' '.join(arguments)} ended with {ended.returncode}\n{ended.stdout}{ended.stderr}")


def plain(value):
    """hcl2 keeps the quotes of labels and texts in some of its versions."""
    if isinstance(value, str):
        return value[1:-1] if len(value) > 1 and value[0] == value[-1] == '"' else value
    if isinstance(value, list):
        return [plain(one) for one in value]
    if isinstance(value, dict):
        return {plain(key): plain(one) for key, one in value.items() if not str(key).startswith("__")}
    return value


def as_terraform(folder):
    """What terraform itself says of the file."""
    program = shutil.which("terraform") or shutil.which("tofu")
    if not program:
        return "LEFT OUT: neither terraform nor tofu is on this machine"
    ask = lambda *arguments: subprocess.run([program, *arguments], cwd=folder, capture_output=True, text=True)
    formatted = ask("fmt", "-check", "-diff", "-no-color")
    if formatted.returncode != 0:
        sys.exit(f"terraform cannot read the file, or writes it in another form:\n{formatted.stdout}{formatted.stderr}")
    if ask("init", "-backend=false", "-input=false", "-no-color").returncode != 0:
        return "terraform reads it; LEFT OUT: the provider cannot be installed here, so it is not validated"
    validated = ask("validate", "-no-color")
    if validated.returncode != 0:
        sys.exit(f"terraform refuses the file:\n{validated.stdout}{validated.stderr}")
    return "terraform validates it"


def main():
    run("init", ".", "--example", "people")
    run("domain", "add", "pay", "--owner", 'Pay "team" ${x}', "--email", "pay@example.com")
    (PROJECT / "models/pay/salaries.sql").write_text("select 1 as id, 'x' as name\n")
    (PROJECT / "models/pay/secrets.sql").write_text("select 1 as id, 'x' as name\n")
    (PROJECT / "models/pay/models.yml").write_text(
        "models:\n"
        "  - name: salaries\n    config: {grants: {select: [auditors, pay-roll]}}\n"
        "  - name: secrets\n    columns: [{name: name, config: {meta: {mask: \"'-'\"}}}]\n"
    )
    run("domain", "add", "pay", "--terraform")
    text = (PROJECT / "terraform/pay/main.tf").read_text()
    document = plain(hcl2.loads(text))
    variables = {name for block in document["variable"] for name in block}
    resources = {}
    for block in document["resource"]:
        for kind, named in block.items():
            for name, body in named.items():
                if (kind, name) in resources:
                    sys.exit(f"there are two of {kind}.{name}")
                resources[kind, name] = body
    for match in REFERENCE.finditer(re.sub(r"#.*", "", text)):
        kind, name, variable = match.groups()
        if variable and variable not in variables:
            sys.exit(f"the variable {variable} is not declared")
        if kind and (kind, name) not in resources:
            sys.exit(f"{kind}.{name} is not declared")
    granted = set()
    for (kind, name), body in resources.items():
        if kind != "databricks_grant":
            continue
        securable = next(key for key in PRIVILEGES if key in body)
        unknown = set(body["privileges"]) - PRIVILEGES[securable]
        if unknown:
            sys.exit(f"{name} grants {unknown} on a {securable}")
        if securable == "table":
            granted.add((body["table"].rsplit(".", 1)[1], body["principal"]))
    # As the project says: dbt adds the grants of a model to those of its folder only if it is told to (`+select`).
    if granted != {("salaries", "auditors"), ("salaries", "pay-roll")}:
        sys.exit(f"tables are granted as {granted}")
    catalog = resources["databricks_catalog", "pay"]
    if 'Pay \\"team\\" $${x}' not in catalog["comment"]:
        sys.exit(f"the owner is {catalog['comment']}")
    print(as_terraform(PROJECT / "terraform/pay"))
    print(f"{len(resources)} resources and {len(variables)} variables of HCL are read; grants are those of the models")


INGOT = str(pathlib.Path(sys.argv[1]).resolve())
with tempfile.TemporaryDirectory() as folder:
    PROJECT = pathlib.Path(folder)
    main()
