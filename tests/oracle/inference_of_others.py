"""What ingot, DuckDB, csvkit, dlt and datacontract-cli make of the same CSV files, as a table in Markdown.

usage: inference_of_others.py INGOT    (needs duckdb, csvkit, dlt[duckdb] and pandas; DATACONTRACT names the command of datacontract-cli)

Each file has one trap. A tool keeps it if each value comes back, as the text that was in the file or as a value from which nothing is
missing. ingot must keep all of them.
"""

import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
from decimal import Decimal

# Name, bytes of the file, column, and all lists of texts that are right.
CASES = [
    ("zeros at the beginning", b"code,n\n007,1\n042,2\n100,3\n", "code", [["007", "042", "100"]]),
    ("phone numbers with a plus", b"phone,n\n+4912345,1\n+4367890,2\n", "phone", [["+4912345", "+4367890"]]),
    ("whole numbers of 20 digits", b"id,n\n12345678901234567890,1\n98765432109876543210,2\n", "id",
     [["12345678901234567890", "98765432109876543210"]]),
    ("decimals of 19 places", b"x,n\n0.1234567890123456789,1\n0.5,2\n", "x",
     [["0.1234567890123456789", "0.5"]]),
    ("codes such as 12E5", b"code,n\n12E5,1\n13E6,2\n", "code", [["12E5", "13E6"]]),
    ("decimal commas and points between thousands", b"id;price\n1;1.234,50\n2;7,25\n", "price",
     [["1234.50", "7.25"], ["1.234,50", "7,25"]]),
    ("two decimal commas in each row", b"id;name;price;kg\n1;\"a, b\";1,50;2,250\n2;\"c, d\";2,50;3,750\n", "kg",
     [["2.250", "3.750"], ["2,250", "3,750"]]),
    ("days before months", b"at,n\n31.01.2024,1\n01.02.2024,2\n", "at", [["2024-01-31", "2024-02-01"], ["31.01.2024", "01.02.2024"]]),
    ("days or months, which nothing decides", b"at,n\n01/02/2024,1\n03/04/2024,2\n", "at", [["01/02/2024", "03/04/2024"]]),
    ("times with offsets", b"at,n\n2024-01-01T10:00:00+02:00,1\n2024-06-01T10:00:00Z,2\n", "at",
     [["2024-01-01 08:00:00", "2024-06-01 10:00:00"], ["2024-01-01T10:00:00+02:00", "2024-06-01T10:00:00Z"],
      ["2024-01-01T10:00:00+02:00", "2024-06-01T10:00:00+00:00"]]),
    ("NA for Namibia", b"country,n\nNA,1\nDE,2\nFR,3\n", "country", [["NA", "DE", "FR"]]),
    ("null as \\N", b"n\tm\n\\N\t1\n5\t2\n7\t3\n", "n", [[None, "5", "7"]]),
    ("titles above the table", b"Report of May\nas of 1 June\n\nid,amount\n1,2.50\n2,3.75\n", "amount", [["2.50", "3.75"]]),
    ("a total below the table", b"id,amount\n1,2.50\n2,3.75\n3,1.00\n4,1.00\nTotal,8.25\n", "amount", [["2.50", "3.75", "1.00", "1.00"]]),
    ("no header", b"1,Bern,2.50\n2,Graz,3.75\n3,Linz,4.00\n", None, [["Bern", "Graz", "Linz"]]),
    ("windows-1252", "id,name\n1,Müller\n2,Çelik\n".encode("cp1252"), "name", [["Müller", "Çelik"]]),
    ("UTF-16", "id,name\n1,Müller\n2,Çelik\n".encode("utf-16"), "name", [["Müller", "Çelik"]]),
    ("single quotes", b"id,name\n1,'a, b'\n2,'c, d'\n3,'e'\n", "name", [["a, b", "c, d", "e"]]),
    ("escaped quotes", b'id,name\n1,"say \\"hi\\""\n2,"say \\"ho\\", they"\n', "name", [['say "hi"', 'say "ho", they']]),
    ("bars between fields that have commas", b"id|name\n1|a, b\n2|c, d\n", "name", [["a, b", "c, d"]]),
    ("white space around texts", b"id,name\n1, x \n2,y  \n", "name", [[" x ", "y  "]]),
    ("line breaks in quotes", b'id,name\n1,"a\nb"\n2,"c"\n', "name", [["a\nb", "c"]]),
]


def text(value):
    if value is None or value != value:
        return None
    if hasattr(value, "tzinfo") and hasattr(value, "isoformat"):
        if value.tzinfo is not None:
            import datetime
            value = value.astimezone(datetime.timezone.utc).replace(tzinfo=None)
        return str(value)
    return str(value)


def is_same(found, right):
    """Zeros at the end of a fraction are not information."""
    plain = r"-?(0|[1-9]\d*)(\.\d+)?"
    numbers = found and right and re.fullmatch(plain, found) and re.fullmatch(plain, right)
    return found == right or bool(numbers and Decimal(found) == Decimal(right))


def are_same(found, right):
    return len(found) == len(right) and all(map(is_same, found, right))


def second(names, column):
    """The index of the column; without a header, of the second one that is the file's."""
    return names.index(column) if column else 1


def with_duckdb(path, column):
    import duckdb
    db = duckdb.connect()
    db.sql("set timezone = 'UTC'")
    relation = db.sql(f"select * from read_csv('{path}')")
    return [text(row[second(relation.columns, column)]) for row in relation.fetchall()]


def with_ingot(path, column):
    import duckdb
    ingot = str(pathlib.Path(sys.argv[1]).resolve())
    with tempfile.TemporaryDirectory() as folder:
        for command in (["init", "p", "--from", str(path)], ["load-bronze", "--project-dir", "p"]):
            subprocess.run([ingot, *command], cwd=folder, check=True, capture_output=True)
        db = duckdb.connect()
        db.sql("set timezone = 'UTC'")
        relation = db.sql(f"select * from read_parquet('{folder}/p/lake/bronze/parquet/*/**/*.parquet') order by src_row_number")
        return [text(row[second(relation.columns, column)]) for row in relation.fetchall()]


def with_csvkit(path, column):
    command = [sys.executable, "-m", "csvkit.utilities.csvjson", str(path)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    rows = json.loads(done.stdout, parse_float=str, parse_int=str)
    return [text(row[list(row)[second(list(row), column)]]) for row in rows]


def with_dlt(path, column):
    import dlt
    import duckdb
    from dlt.sources.filesystem import filesystem, read_csv
    with tempfile.TemporaryDirectory() as folder:
        pipeline = dlt.pipeline("p", pipelines_dir=folder, destination=dlt.destinations.duckdb(f"{folder}/d.duckdb"), dataset_name="raw")
        reader = filesystem(bucket_url=str(path.parent), file_glob=path.name) | read_csv()
        pipeline.run(reader.with_name("t"))
        db = duckdb.connect(f"{folder}/d.duckdb")
        db.sql("set timezone = 'UTC'")
        relation = db.sql("select * from raw.t")
        return [text(row[second(relation.columns, column)]) for row in relation.fetchall()]


def with_datacontract(path, column):
    """It reads nothing, so a typed column has what DuckDB, on whose types it relies, reads."""
    command = [os.environ["DATACONTRACT"], "import", "csv", "--source", str(path)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    import yaml
    document = yaml.safe_load(done.stdout[done.stdout.index("version:") if done.stdout.startswith("version:") else 0:])
    names = [one["name"] for one in document["schema"][0]["properties"]]
    second(names, column)
    return with_duckdb(path, column)


TOOLS = {"ingot": with_ingot, "DuckDB": with_duckdb, "csvkit": with_csvkit, "dlt": with_dlt}
if "DATACONTRACT" in os.environ:
    TOOLS["datacontract-cli"] = with_datacontract


def check_tools():
    """A tool that cannot read the plainest of files is not installed as it should be; its column would blame it for that."""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "data.csv"
        path.write_bytes(b"id,name\n1,Ann\n2,Bob\n3,Cem\n")
        for tool, read in TOOLS.items():
            try:
                found = read(path, "name")
            except Exception as error:
                sys.exit(f"{tool} reads no file at all: {error} {getattr(error, 'stderr', '')}{getattr(error, 'stdout', '')}")
            assert found == ["Ann", "Bob", "Cem"], (tool, found)


def main():
    check_tools()
    lost = dict.fromkeys(TOOLS, 0)
    print("| " + " | ".join(["in the file", *TOOLS]) + " |")
    print("|---" * (len(TOOLS) + 1) + "|")
    for name, content, column, right in CASES:
        row = [name]
        for tool, read in TOOLS.items():
            with tempfile.TemporaryDirectory() as folder:
                path = pathlib.Path(folder) / "data.csv"
                path.write_bytes(content)
                try:
                    found = read(path, column)
                    kept = any(are_same(found, one) for one in right)
                    shown = "kept" if kept else "lost: " + ", ".join("null" if one is None else repr(one) for one in found[:2])
                except Exception as error:
                    kept, shown = False, "not read"
                    if "-v" in sys.argv:
                        print(tool, name, type(error).__name__, str(error)[:200], getattr(error, "stderr", b"")[-300:], file=sys.stderr)
            lost[tool] += not kept
            row.append(shown.replace("|", "\\|").replace("\n", "↵"))
        print("| " + " | ".join(row) + " |", flush=True)
    print("| **lost or not read** | " + " | ".join(f"{count} of {len(CASES)}" for count in lost.values()) + " |")
    if lost["ingot"]:
        sys.exit("ingot loses something")


main()
