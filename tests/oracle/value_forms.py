"""Reads random dates, times and numbers in the forms of other places with ingot, and compares them with Python's strptime,
zoneinfo and Decimal, and dates also with DuckDB's strptime. Texts that Python refuses must be rejected, and the other way
round, except for the differences below.

    value_forms.py PATH-OF-INGOT [--seed N]
"""

import datetime as dt
import decimal
import pathlib
import random
import re
import subprocess
import sys
import tempfile
import zoneinfo

import duckdb
import pyarrow.parquet as parquet

ROWS = 400
PATTERNS = ["%d/%m/%Y", "%m-%d-%Y", "%Y%m%d", "%d %b %Y", "%B %d, %Y", "%Y-%j", "%d.%m.%Y %H:%M", "%m/%d/%Y %I:%M:%S %p",
            "%a %d %b %Y %H:%M:%S", "%Y-%m-%d %H:%M:%S.%f", "%d/%m/%Y %H:%M:%S %z"]
ZONES = ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC"]

CONTRACT = """
apiVersion: v3.1.0
kind: DataContract
id: t
name: t
version: 1.0.0
status: active
servers:
  - server: raw
    type: local
    path: t.csv
    format: csv
    customProperties:
      - {{property: delimiter, value: "\\t"}}
      - {{property: quote, value: none}}
{server}
schema:
  - name: t
    properties:
      - {{name: id, physicalType: i64}}
      - {{name: value, physicalType: "{type}"}}
"""


def load(ingot, physical_type, properties, texts):
    """The value of each text, None where the row was rejected."""
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        (folder / "schemas").mkdir()
        (folder / "data_raw").mkdir()
        lines = [f"      - {{property: {key}, value: {value}}}" for key, value in properties.items()]
        contract = CONTRACT.format(server="\n".join(lines), type=physical_type)
        (folder / "schemas/t.odcs.yaml").write_text(contract)
        rows = "".join(f"{row}\t{text}\n" for row, text in enumerate(texts))
        (folder / "data_raw/t.csv").write_text("id\tvalue\n" + rows, encoding="utf-8")
        done = subprocess.run([ingot, "load-bronze", "--project-dir", folder], capture_output=True, text=True)
        table = folder / "lake/bronze/parquet/t"
        if not table.exists():
            if "0 accepted" not in done.stdout + done.stderr and done.returncode not in (0, 1):
                sys.exit(f"ingot: {done.stdout}{done.stderr}")
            return [None] * len(texts)
        loaded = parquet.read_table(table, columns=["id", "value"]).to_pydict()
        values = dict(zip(loaded["id"], loaded["value"]))
        return [values.get(row) for row in range(len(texts))]


def damaged(rng, text):
    """The text, one time in four with something changed."""
    if rng.random() > 0.25 or not text:
        return text
    at = rng.randrange(len(text))
    return rng.choice([text[:at] + text[at + 1 :], text[:at] + rng.choice("0159/-.: ") + text[at:], text[:at] + "3" + text[at + 1 :]])


def expected_moment(text, pattern, zone):
    """What Python reads; None if it refuses, or if the clocks skipped or repeated the time."""
    # Python's strptime takes white space of any length, Unicode digits, and reads `%z` in forms with seconds.
    if text != text.strip() or "  " in text:
        return None
    try:
        found = dt.datetime.strptime(text, pattern)
    except ValueError:
        return None
    # Python reads the day of the week and forgets it; ingot refuses one that is not the date's.
    if "%a" in pattern and not text.lower().startswith(found.strftime("%a").lower()):
        return None
    if found.tzinfo is not None:
        return found.astimezone(dt.timezone.utc)
    early, late = (found.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
    if early.utcoffset() != late.utcoffset():
        return None
    return early.astimezone(dt.timezone.utc)


def python_only(text, pattern):
    """What only Python accepts: digits that are fewer than the pattern's where others follow, and other forms of `%j`, `%z`."""
    return bool(re.search(r"%Y%m%d", pattern)) or "%z" in pattern


def check_moments(ingot, rng, failures):
    compared = 0
    for pattern in PATTERNS:
        zone_name = rng.choice(ZONES)
        zone = zoneinfo.ZoneInfo(zone_name)
        texts = []
        for _ in range(ROWS):
            moment = dt.datetime(1900, 1, 1) + dt.timedelta(seconds=rng.randrange(200 * 365 * 86_400), microseconds=rng.randrange(10**6))
            if rng.random() < 0.3:
                # Around the changes of the clocks of one year.
                moment = dt.datetime(2024, rng.choice([3, 4, 10, 11]), rng.randrange(1, 31), rng.randrange(4), rng.randrange(60))
            if "%z" in pattern:
                moment = moment.replace(tzinfo=dt.timezone(dt.timedelta(minutes=rng.randrange(-600, 600))))
            texts.append(damaged(rng, moment.strftime(pattern)))
        is_date = "%H" not in pattern and "%I" not in pattern
        if is_date:
            values = load(ingot, "date", {"dateFormat": f'"{pattern}"'}, texts)
        else:
            values = load(ingot, "ts", {"timestampFormat": f'"{pattern}"', "defaultTimezone": zone_name}, texts)
        theirs = duckdb.sql("select try_strptime(unnest($1::varchar[]), $2)", params=[texts, pattern]).fetchall()
        for text, value, (duck,) in zip(texts, values, theirs):
            if is_date:
                wanted = expected_moment(text, pattern, dt.timezone.utc)
                wanted = wanted and wanted.date()
            else:
                wanted = expected_moment(text, pattern, zone)
            compared += 1
            if value == wanted or (value is None and python_only(text, pattern)):
                pass
            else:
                failures.append(f"{pattern} {zone_name} {text!r}: ingot {value}, Python {wanted}")
            if is_date and value is not None and (duck is None or duck.date() != value):
                failures.append(f"{pattern} {text!r}: ingot {value}, DuckDB {duck}")
    return compared


def written(rng, number, sign, thousands):
    whole, _, fraction = f"{abs(number):.{rng.randrange(5)}f}".partition(".")
    if rng.random() < 0.5:
        whole = f"{int(whole):,}".replace(",", thousands)
    text = whole + (sign + fraction if fraction else "")
    return f"-{text}" if number < 0 else text


def expected_number(text, sign, thousands):
    group = re.escape(thousands)
    if not re.fullmatch(rf"[+-]?([0-9]+|[0-9]{{1,3}}({group}[0-9]{{3}})+)({re.escape(sign)}[0-9]+)?", text):
        return None
    value = decimal.Decimal(text.replace(thousands, "").replace(sign, "."))
    rounded = value.quantize(decimal.Decimal("0.0001"))
    return rounded if rounded == value else None


def check_numbers(ingot, rng, failures):
    compared = 0
    for sign, thousands in [(",", "."), (".", ","), (",", " "), (".", "'")]:
        texts = [damaged(rng, written(rng, decimal.Decimal(rng.randrange(-10**10, 10**10)) / 1000, sign, thousands)) for _ in range(ROWS)]
        texts = [text or "x" for text in texts]
        values = load(ingot, "dec(18,4)", {"decimalSign": f'"{sign}"', "thousandsSign": f'"{thousands}"'}, texts)
        for text, value in zip(texts, values):
            compared += 1
            wanted = expected_number(text, sign, thousands)
            if value != wanted:
                failures.append(f"{sign}{thousands} {text!r}: ingot {value}, Python {wanted}")
    return compared


def main():
    ingot = str(pathlib.Path(sys.argv[1]).resolve())
    seed = int(sys.argv[sys.argv.index("--seed") + 1]) if "--seed" in sys.argv else 1
    rng = random.Random(seed)
    failures = []
    compared = check_moments(ingot, rng, failures) + check_numbers(ingot, rng, failures)
    for failure in failures[:40]:
        print(failure)
    print(f"{compared} values compared, {len(failures)} differences")
    sys.exit(1 if failures else 0)


main()
