"""What a role's file holds, byte by byte.

    python tests/oracle/roles.py INGOT

The retail project at scale 0.01, its gold granted to two roles: one may read no personal column, the other sees some of them
masked and only every second customer. Every value of the columns that a role may not read, unless it is also a value of one that
it may read, is looked for in the bytes of the role's file. So that the search is known to find what is there, it is also done in
a copy of the whole tables, which DuckDB writes without compression, and in the file that is published without a role. What
DuckDB could have compressed is excluded by what it says of the file: its tables, columns and blocks, of which none is free.
"""

import pathlib
import re
import subprocess
import sys
import tempfile

import duckdb

GRANTS = {
    "marketing": {},
    "service": {"email": "regexp_replace(email, '^[^@]*', '***')"},
}
ROWS = "customer_id % 2 = 0"
# Shorter values may be in a file by chance.
LENGTH = 8


def run(*arguments):
    ended = subprocess.run([INGOT, *arguments], cwd=PROJECT, capture_output=True, text=True)
    if ended.returncode != 0:
        sys.exit(f"{' '.join(arguments)} ended with {ended.returncode}\n{ended.stdout}{ended.stderr}")
    return ended.stdout


def grant():
    """Gold to both roles; what is said of customers goes into their YAML."""
    project = PROJECT / "dbt_project.yml"
    text = project.read_text()
    text = text.replace("      +schema: gold\n", "      +schema: gold\n      +grants: {select: [marketing, service]}\n")
    project.write_text(text)
    file = PROJECT / "models/gold/dimensions/_dimensions.yml"
    before, after = file.read_text().split("  - name: dim_customer\n", 1)
    mask = f"config: {{meta: {{mask: {{service: \"{GRANTS['service']['email']}\"}}}}}}"
    for old, new in (
        ("    config:\n", f"    config:\n      meta: {{row_filter: {{service: \"{ROWS}\"}}}}\n"),
        ("- {name: email, ", f"- {{name: email, {mask}, "),
    ):
        if old not in after:
            sys.exit(f"dim_customer has no '{old}' in its YAML")
        after = after.replace(old, new, 1)
    file.write_text(f"{before}  - name: dim_customer\n{after}")


def columns(connection, catalog):
    found = connection.execute(
        "select schema_name, table_name, column_name from duckdb_columns() where database_name = ? and not internal", [catalog]
    )
    return set(found.fetchall())


def texts(connection, catalog, schema, table, column):
    rows = connection.execute(
        f'select distinct cast("{column}" as varchar) from "{catalog}"."{schema}"."{table}" where "{column}" is not null'
    ).fetchall()
    return {row[0] for row in rows}


def main():
    run("init", ".")
    grant()
    run("generate", "--scale", "0.01", "--quiet")
    run("load-bronze", "--quiet")
    run("run-models", "--quiet")
    connection = duckdb.connect()
    connection.execute(f"attach '{PROJECT}/duckdb/warehouse.duckdb' as w (read_only)")
    whole = PROJECT / "whole.duckdb"
    run("publish", "--quiet")
    published = next(path for path in (PROJECT / "duckdb/published").glob("*.duckdb"))
    for role in GRANTS:
        run("publish", "--role", role, "--quiet")
        file = PROJECT / f"duckdb/published/roles/{role}/retail_{role}.duckdb"
        alone = duckdb.connect(str(file), read_only=True)
        size = alone.execute("pragma database_size").fetchone()
        names = [column[0] for column in alone.description]
        free = size[names.index("free_blocks")]
        if free:
            sys.exit(f"{role}: {free} blocks of the file are free, and may hold what was deleted")
        alone.close()
        connection.execute(f"attach '{file}' as r (read_only)")
        seen = columns(connection, "r")
        tables = {(schema, table) for schema, table, _ in seen}
        hidden, shown = {}, set()
        for schema, table, column in sorted(columns(connection, "w")):
            if (schema, table) not in tables:
                if schema == "gold" and not connection.execute(
                    "select 1 from duckdb_views() where database_name = 'w' and view_name = ?", [table]
                ).fetchall():
                    sys.exit(f"{role}: {schema}.{table} is granted and not in the file")
                continue
            values = texts(connection, "w", schema, table, column)
            if (schema, table, column) in seen:
                left = texts(connection, "r", schema, table, column)
                shown |= left
                values -= left
            if values:
                hidden[schema, table, column] = values
        expected = {"first_name", "last_name", "phone"} & {column for _, table, column in hidden if table == "dim_customer"}
        if not expected:
            sys.exit(f"{role}: no personal column of customers is hidden: nothing would be tested")
        if role == "service":
            others = connection.execute(f"select count(*) from r.gold.dim_customer where not ({ROWS})").fetchone()[0]
            emails = texts(connection, "r", "gold", "dim_customer", "email")
            if others or not emails or any("@" in email and not email.startswith("***@") for email in emails):
                sys.exit(f"service sees {others} rows that it may not, and e-mail addresses such as {sorted(emails)[:3]}")
        forbidden = {value for values in hidden.values() for value in values if len(value) >= LENGTH} - shown
        # A part of what may be read is not a finding.
        readable = "\n".join(sorted(shown))
        forbidden = {value for value in forbidden if value not in readable}
        text_only = {value for value in forbidden if not re.fullmatch(r"[-0-9.: +]+", value)}
        copy = duckdb.connect(str(whole))
        copy.execute(f"attach '{PROJECT}/duckdb/warehouse.duckdb' as w (read_only)")
        copy.execute("set force_compression = 'uncompressed'")
        for number, (schema, table) in enumerate(sorted(tables)):
            copy.execute(f'create or replace table t{number} as from w."{schema}"."{table}"')
        copy.execute("checkpoint")
        copy.close()
        found = {name: present(path, text_only) for name, path in (("role", file), ("whole", whole), ("published", published))}
        whole.unlink()
        if len(found["whole"]) < 0.99 * len(text_only) or not found["published"]:
            sys.exit(f"the search finds only {len(found['whole'])} of {len(text_only)} values where all are")
        if found["role"]:
            sys.exit(f"{role}: {len(found['role'])} values are in its file, such as {sorted(found['role'])[:5]}")
        connection.execute("detach r")
        print(
            f"{role}: {len(tables)} tables; none of {len(text_only)} values of {len(hidden)} columns that it may not read is in its "
            f"{file.stat().st_size} bytes; the search finds {len(found['whole'])} of them in the whole tables"
        )


def present(path, values):
    """The values that are somewhere in the bytes of a file."""
    data = path.read_bytes()
    return {value for value in values if value.encode() in data}


INGOT = str(pathlib.Path(sys.argv[1]).resolve())
with tempfile.TemporaryDirectory() as folder:
    PROJECT = pathlib.Path(folder)
    main()
