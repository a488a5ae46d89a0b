"""Reads the same small CSV files with Python's csv module, with DuckDB and with ingot.

Where the other two agree, ingot must have the same rows and reject nothing. Where they do not, DIFFERENCES says what ingot
does and why; a difference that is not listed there, or is listed and gone, fails. Empty text and null are taken as equal,
for Python knows no null.

    csv_readers.py PATH-OF-INGOT [--show]
"""

import csv
import io
import json
import pathlib
import subprocess
import sys
import tempfile

import duckdb

CONTRACT = """
apiVersion: v3.1.0
kind: DataContract
id: t
name: t
version: 1.0.0
status: active
servers:
  - {{server: raw, type: local, path: "t.csv", format: csv{properties}}}
schema:
  - name: t
    properties:
      - {{name: a, physicalType: str}}
      - {{name: b, physicalType: str}}
"""

# Name, the file after its header `a,b`, and the dialect if it is another than the usual one (`mark`: begins with a byte
# order mark; `end`: of the header's line).
CASES = [
    ("plain", b"1,x\n2,y\n", {}),
    ("crlf", b"1,x\r\n2,y\r\n", {"end": "\r\n"}),
    ("lone cr", b"1,x\r2,y\r", {"end": "\r"}),
    ("mixed line ends", b"1,x\r\n2,y\n3,z\r\n", {}),
    ("no end of the last line", b"1,x\n2,y", {}),
    ("quoted delimiter", b'1,"x,y"\n', {}),
    ("doubled quotes", b'1,"say ""hi"""\n"""",""""""\n', {}),
    ("line feed in quotes", b'1,"x\ny"\n2,z\n', {}),
    ("crlf in quotes", b'1,"x\r\ny"\r\n2,z\r\n', {"end": "\r\n"}),
    ("lone cr in quotes", b'1,"x\ry"\n2,z\n', {}),
    ("mark", b"1,x\n", {"mark": True}),
    ("empty fields", b"1,\n,x\n,\n", {}),
    ("empty fields in quotes", b'1,""\n"",x\n', {}),
    ("spaces stay", b" 1 , x \n", {}),
    ("space before a quote", b'1, "x"\n', {}),
    ("quote within a field", b'1,5" pipe\n2,a"b"c\n', {}),
    ("more alphabets", "1,é€\U0001F600\n".encode(), {}),
    ("nul", b"1,x\0y\n", {}),
    ("very long field", b"1," + b"x" * 1_500_000 + b"\n", {}),
    ("header only", b"", {}),
    ("semicolon", b"1;x,y\n", {"delimiter": ";"}),
    ("tab", b"1\t\"x\ty\"\n", {"delimiter": "\t"}),
    ("apostrophe as quote", b"1,'x,\"y'\n", {"quote": "'"}),
    ("backslash escape", b'1,"x\\"y\\\\"\n', {"escape": "\\"}),
    ("many rows", b"".join(b"%d,x%d\n" % (row, row) for row in range(5000)), {}),
    ("blank lines", b"1,x\n\n2,y\n\n", {}),
    ("line of spaces", b"1,x\n  \n2,y\n", {}),
    ("too few fields", b"1,x\n2\n3,z\n", {}),
    ("too many fields", b"1,x\n2,y,z\n3,z\n", {}),
    ("text after a quote", b'1,"x"y\n2,z\n', {}),
    ("space after a quote", b'1,"x" \n2,z\n', {}),
    ("quote never closed", b'1,"x\n2,y\n3,z\n', {}),
    ("stray quote before quoted rows", b'1,"x\n"2","y"\n"3","z"\n', {}),
    ("not utf-8", b"1,\xff\n2,y\n", {}),
    ("header once more", b"1,x\na,b\n2,y\n", {}),
]

# What ingot does where the others differ, with the reason; rows it takes, codes it rejects with.
DIFFERENCES = {
    "mixed line ends": ([("1", "x"), ("2", "y"), ("3", "z")], [], "as Python; a line ends where it ends"),
    "space before a quote": ([("1", ' "x"')], [], "as Python; nothing is trimmed"),
    "line of spaces": ([("1", "x"), ("2", "y")], ["RAGGED_ROW"], "a line of one field is a row, and has one too few; the others end the read or hand it over as it is"),
    "too few fields": ([("1", "x"), ("3", "z")], ["RAGGED_ROW"], "DuckDB ends the whole read; Python hands the row over as it is"),
    "too many fields": ([("1", "x"), ("3", "z")], ["RAGGED_ROW"], "DuckDB ends the whole read; Python hands the row over as it is"),
    "text after a quote": ([("2", "z")], ["TEXT_AFTER_QUOTE"], "DuckDB ends the read; Python guesses `xy`"),
    "space after a quote": ([("2", "z")], ["TEXT_AFTER_QUOTE"], "Python keeps the space, DuckDB drops it: which was meant cannot be known"),
    "quote never closed": ([("2", "y"), ("3", "z")], ["UNTERMINATED_QUOTE"], "Python swallows the rest into one field, DuckDB ends the read"),
    "stray quote before quoted rows": ([("2", "y"), ("3", "z")], ["UNTERMINATED_QUOTE"], "Python makes one row of two and loses a quote, DuckDB ends the read"),
    "not utf-8": ([("2", "y")], ["NOT_UTF8"], "both end the read"),
    "header once more": ([("1", "x"), ("2", "y")], ["HEADER_REPEATED"], "both take it for a row"),
}


def with_header(body, dialect):
    mark = b"\xef\xbb\xbf" if dialect.get("mark") else b""
    return mark + f"a{dialect.get('delimiter', ',')}b{dialect.get('end', chr(10))}".encode() + body


def by_python(data, dialect):
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return f"error: {error}"
    csv.field_size_limit(1 << 30)
    escape = dialect.get("escape")
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=dialect.get("delimiter", ","),
                        quotechar=dialect.get("quote", '"'), escapechar=escape, doublequote=escape is None)
    rows = [row for row in reader if row][1:]
    if any(len(row) != 2 for row in rows):
        return "error: rows of other widths"
    return [tuple(row) for row in rows]


def by_duckdb(path, dialect):
    quote = dialect.get("quote", '"')
    try:
        rows = duckdb.execute(
            "SELECT * FROM read_csv(?, auto_detect = false, header = true, delim = ?, quote = ?, escape = ?, "
            "columns = {'a': 'VARCHAR', 'b': 'VARCHAR'}, max_line_size = 4000000, strict_mode = true)",
            [str(path), dialect.get("delimiter", ","), quote, dialect.get("escape", quote)]).fetchall()
    except duckdb.Error as error:
        return f"error: {str(error).splitlines()[0]}"
    return [tuple(cell or "" for cell in row) for row in rows]


def by_ingot(ingot, folder, dialect):
    given = {name: value for name, value in dialect.items() if name not in ("mark", "end")}
    properties = ", ".join(f"{{property: {name}, value: {json.dumps(value)}}}" for name, value in given.items())
    (folder / "schemas").mkdir()
    (folder / "schemas/t.odcs.yaml").write_text(
        CONTRACT.format(properties=f", customProperties: [{properties}]" if given else ""))
    done = subprocess.run([ingot, "--project-dir", folder, "load-bronze"], capture_output=True, text=True)
    if done.returncode:
        return f"error: {done.stdout}{done.stderr}", []

    def read(what, pattern, order):
        if not list(folder.glob(pattern)):
            return []
        return duckdb.execute(f"SELECT {what} FROM '{folder}/{pattern}' ORDER BY {order}").fetchall()

    rows = read("a, b", "lake/bronze/parquet/t/*.parquet", "src_row_number")
    codes = read("reason_codes", "lake/_rejects/t/*.parquet", "row_number")
    return [tuple(cell or "" for cell in row) for row in rows], [code for code, in codes]


def main():
    ingot, show = sys.argv[1], "--show" in sys.argv
    failures = agreed = 0
    for name, body, dialect in CASES:
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            data = with_header(body, dialect)
            (folder / "data_raw").mkdir()
            path = folder / "data_raw/t.csv"
            path.write_bytes(data)
            python, duck = by_python(data, dialect), by_duckdb(path, dialect)
            ours, codes = by_ingot(ingot, folder, dialect)
        agree = python == duck and not isinstance(python, str)
        if name in DIFFERENCES:
            rows, expected, why = DIFFERENCES[name]
            right = (ours, codes) == (rows, expected) and (not agree or (python, []) != (ours, codes))
        else:
            right = agree and (ours, codes) == (python, [])
            agreed += right
        if not right or show:
            failures += not right
            short = lambda rows: str(rows)[:200]
            print(f"{'' if right else 'WRONG: '}{name}\n  python {short(python)}\n  duckdb {short(duck)}\n"
                  f"  ingot  {short(ours)} {codes}")
    print(f"{len(CASES)} CSV files: {agreed} read alike by Python, DuckDB and ingot, {len(DIFFERENCES)} with a difference that is "
          f"explained, {failures} wrong")
    sys.exit(1 if failures else 0)


main()
