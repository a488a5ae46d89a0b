"""Compares two warehouses relation by relation: columns with their types, rows, content.

usage: compare_warehouses.py LEFT.duckdb RIGHT.duckdb

Content is compared by a hash that does not depend on the order of rows: the sum of a hash of each row.
Where it differs, some rows that only one side has are shown. Run it in the project's folder, because
staging views name the lake by a relative path. Exit code: 0 equal, 1 different.
"""

import sys

import duckdb

SCHEMAS = ("staging", "silver", "snapshots", "gold")
SHOWN_ROWS = 3


class Warehouse:
    def __init__(self, path):
        self.connection = duckdb.connect(path, read_only=True)
        # Both sides print points in time alike.
        self.connection.execute("set TimeZone = 'UTC'")

    def rows(self, sql):
        return self.connection.execute(sql).fetchall()

    def relations(self):
        """(schema, name) -> list of (column, type), in order."""
        found = {}
        for schema, relation, column, data_type in self.rows(
            "select schema_name, table_name, column_name, data_type from duckdb_columns() "
            f"where database_name = current_database() and schema_name in {SCHEMAS} "
            "order by schema_name, table_name, column_index"
        ):
            found.setdefault((schema, relation), []).append((column, data_type))
        return found

    def fingerprint(self, schema, relation):
        return self.rows(
            "select count(*), coalesce(sum(cast(md5_number_lower(cast(row_of as varchar)) as hugeint)), 0) "
            f'from "{schema}"."{relation}" as row_of'
        )[0]

    def row_texts(self, schema, relation):
        return {
            text
            for (text,) in self.rows(
                f'select cast(row_of as varchar) from "{schema}"."{relation}" as row_of'
            )
        }


def compare(left, right, schema, relation, left_columns, right_columns):
    """(what to show, list of differences)"""
    if left_columns is None or right_columns is None:
        side = "right" if left_columns is None else "left"
        return ("-", "-"), [f"only on the {side}"]
    differences = []
    if left_columns != right_columns:
        for pair in sorted(set(left_columns) ^ set(right_columns)):
            side = "left" if pair in left_columns else "right"
            differences.append(f"column {pair[0]} {pair[1]} only on the {side}")
        if not differences:
            differences.append("columns in another order")
    left_rows, left_hash = left.fingerprint(schema, relation)
    right_rows, right_hash = right.fingerprint(schema, relation)
    if left_rows != right_rows:
        differences.append("another number of rows")
    if not differences and left_hash != right_hash:
        differences.append("other content")
    if differences and left_columns == right_columns:
        of_left, of_right = left.row_texts(schema, relation), right.row_texts(schema, relation)
        for side, texts in (("left", of_left - of_right), ("right", of_right - of_left)):
            for text in sorted(texts)[:SHOWN_ROWS]:
                differences.append(f"only on the {side}: {text}")
    return (left_rows, right_rows), differences


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    left, right = Warehouse(sys.argv[1]), Warehouse(sys.argv[2])
    of_left, of_right = left.relations(), right.relations()
    relations = sorted(set(of_left) | set(of_right))
    if not relations:
        sys.exit("neither side has a relation in " + ", ".join(SCHEMAS))
    unequal = 0
    print(f"{'relation':40} {'rows left':>12} {'rows right':>12}")
    for schema, relation in relations:
        counts, differences = compare(
            left, right, schema, relation, of_left.get((schema, relation)), of_right.get((schema, relation))
        )
        verdict = "DIFFERENT" if differences else "equal"
        print(f"{schema + '.' + relation:40} {counts[0]:>12} {counts[1]:>12}  {verdict}")
        for difference in differences:
            print(f"    {difference}")
        unequal += bool(differences)
    print(f"{len(relations) - unequal} of {len(relations)} relations are equal")
    sys.exit(1 if unequal else 0)


if __name__ == "__main__":
    main()
