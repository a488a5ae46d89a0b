"""Every type of Arrow that Parquet files can hold, loaded by ingot and read back by pyarrow, deltalake and DuckDB.

    python nested_types.py INGOT

The contract names only the key, so that every other column is added with its own type. Each cell must be the value of
the file, in the form that docs/reference/contracts.md states for types that Delta lacks.
"""

import datetime
import decimal
import json
import math
import pathlib
import subprocess
import sys
import tempfile

import deltalake
import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

CONTRACT = """apiVersion: v3.1.0
kind: DataContract
id: t
name: t
version: 1.0.0
status: active
servers:
  - {server: raw, type: local, path: t.parquet, format: parquet}
schema:
  - name: t
    properties:
      - {name: id, logicalType: integer, physicalType: i64, required: true, primaryKey: true}
"""

UTC = datetime.timezone.utc
MOMENT = datetime.datetime(2024, 2, 29, 23, 59, 58, 123456)
TIMES = [datetime.time(10, 30, 0, 500000), None, datetime.time(23, 59, 59)]


def same(value):
    return value


def clock(value):
    """A time of day or a duration as the lake has it."""
    if isinstance(value, datetime.time):
        value = datetime.timedelta(hours=value.hour, minutes=value.minute, seconds=value.second, microseconds=value.microsecond)
    microseconds = round(value / datetime.timedelta(microseconds=1))
    sign, microseconds = ("-" if microseconds < 0 else ""), abs(microseconds)
    seconds, fraction = divmod(microseconds, 10**6)
    text = f"{sign}{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    return text + (f".{fraction:06}".rstrip("0") if fraction else "")


def moment(value):
    text = value.strftime("%Y-%m-%dT%H:%M:%S")
    return text + (f".{value.microsecond:06}" if value.microsecond % 1000 else f".{value.microsecond // 1000:03}" if value.microsecond else "")


# Name, type, three values, and how a value looks in the lake.
COLUMNS = [
    ("int8", pa.int8(), [-128, None, 127], same),
    ("int16", pa.int16(), [-(2**15), None, 2**15 - 1], same),
    ("int32", pa.int32(), [-(2**31), None, 2**31 - 1], same),
    ("int64", pa.int64(), [-(2**63), None, 2**63 - 1], same),
    ("uint8", pa.uint8(), [0, None, 255], same),
    ("uint16", pa.uint16(), [0, None, 2**16 - 1], same),
    ("uint32", pa.uint32(), [0, None, 2**32 - 1], same),
    ("uint64", pa.uint64(), [0, None, 2**64 - 1], decimal.Decimal),
    ("float16", pa.float16(), [0.5, None, -2.25], same),
    ("float32", pa.float32(), [0.10000000149011612, None, -2.5], same),
    ("float64", pa.float64(), [0.1, None, 1e300], same),
    ("boolean", pa.bool_(), [True, None, False], same),
    ("string", pa.string(), ["", None, "é€\U0001f600"], same),
    ("large_string", pa.large_string(), ["a", None, "b"], same),
    ("string_view", pa.string_view(), ["a", None, "a text that is longer than twelve bytes"], same),
    ("bytes", pa.binary(), [b"\x00\xff", None, b""], same),
    ("large_bytes", pa.large_binary(), [b"\x00\xff", None, b"x"], same),
    ("bytes_view", pa.binary_view(), [b"\x00\xff", None, b"bytes that are longer than twelve"], same),
    ("fixed_bytes", pa.binary(4), [b"\x00\xff\x01\x02", None, b"abcd"], same),
    ("date32", pa.date32(), [datetime.date(1, 1, 1), None, datetime.date(9999, 12, 31)], same),
    ("date64", pa.date64(), [datetime.date(1970, 1, 1), None, datetime.date(2024, 2, 29)], same),
    ("time32s", pa.time32("s"), [datetime.time(10, 30), None, datetime.time(23, 59, 59)], clock),
    ("time32", pa.time32("ms"), TIMES, clock),
    ("time64", pa.time64("us"), TIMES, clock),
    ("time64ns", pa.time64("ns"), TIMES, clock),
    ("moment_ms", pa.timestamp("ms", "UTC"), [MOMENT.replace(microsecond=123000, tzinfo=UTC), None, MOMENT.replace(microsecond=0, tzinfo=UTC)], same),
    ("moment_us", pa.timestamp("us", "Asia/Tokyo"), [MOMENT.replace(tzinfo=UTC), None, MOMENT.replace(microsecond=0, tzinfo=UTC)], same),
    ("moment_ns", pa.timestamp("ns", "UTC"), [MOMENT.replace(tzinfo=UTC), None, MOMENT.replace(microsecond=0, tzinfo=UTC)], same),
    ("naive", pa.timestamp("us"), [MOMENT, None, MOMENT.replace(microsecond=0)], moment),
    ("duration", pa.duration("us"), [datetime.timedelta(seconds=-1.5), None, datetime.timedelta(days=40, microseconds=1)], clock),
    ("decimal5", pa.decimal128(5, 2), [decimal.Decimal("-123.45"), None, decimal.Decimal("0.00")], same),
    ("decimal38", pa.decimal128(38, 10), [decimal.Decimal("1234567890123456789012345678.0123456789"), None, decimal.Decimal("-0.0000000001")], same),
    ("decimal76", pa.decimal256(60, 2), [decimal.Decimal("1" * 58 + ".25"), None, decimal.Decimal("-1.00")], str),
    ("nothing", pa.null(), [None, None, None], same),
    ("words", pa.dictionary(pa.int8(), pa.string()), ["a", None, "b"], same),
    ("numbers", pa.dictionary(pa.int32(), pa.int64()), [5, None, 7], same),
    ("list", pa.list_(pa.int64()), [[1, None, 3], None, []], same),
    ("large_list", pa.large_list(pa.string()), [["a"], None, [None, ""]], same),
    ("fixed_list", pa.list_(pa.int16(), 2), [[1, 2], None, [3, None]], same),
    ("times", pa.list_(pa.time64("us")), [[TIMES[0], None], None, []], lambda v: [one and clock(one) for one in v]),
    ("lists", pa.list_(pa.list_(pa.float32())), [[[0.5], None, []], None, [[None]]], same),
    ("struct", pa.struct([("a", pa.int8()), ("b", pa.string())]), [{"a": 1, "b": "x"}, None, {"a": None, "b": None}], same),
    ("structs", pa.list_(pa.struct([("k", pa.binary()), ("v", pa.list_(pa.bool_()))])), [[{"k": b"\xff", "v": [True, None]}, None], None, []], same),
    ("map", pa.map_(pa.string(), pa.int64()), [[("a", 1), ("b", None)], None, []], same),
    ("maps", pa.map_(pa.int32(), pa.struct([("x", pa.decimal128(9, 3))])), [[(1, {"x": decimal.Decimal("1.500")})], None, [(2, None)]], same),
    ("odd", pa.struct([("two words", pa.int64())]), [{"two words": 1}, None, {"two words": None}], lambda v: json.dumps(v, separators=(",", ":"))),
]


def plain(value):
    """A value of any of the readers in one form."""
    if isinstance(value, dict):
        return {key: plain(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(one) for one in value]
    if isinstance(value, datetime.datetime) and value.tzinfo:
        return value.astimezone(UTC)
    if isinstance(value, float) and math.isnan(value):
        return "NaN"
    if isinstance(value, (bytearray, memoryview)):
        return bytes(value)
    return value


def main():
    ingot = pathlib.Path(sys.argv[1]).resolve()
    with tempfile.TemporaryDirectory() as folder:
        project = pathlib.Path(folder)
        for name in ("schemas", "data_raw"):
            (project / name).mkdir()
        (project / "schemas/t.odcs.yaml").write_text(CONTRACT)
        arrays = [pa.array(values, kind) for _, kind, values, _ in COLUMNS]
        table = pa.table([pa.array([1, 2, 3]), *arrays], names=["id", *(name for name, *_ in COLUMNS)])
        pq.write_table(table, project / "data_raw/t.parquet")
        subprocess.run(
            [ingot, "load-bronze", "--project-dir", project], check=True, capture_output=True, text=True
        )
        delta = deltalake.DeltaTable(str(project / "lake/bronze/delta/t"))
        files = [str(path) for path in (project / "lake/bronze/parquet/t").rglob("*.parquet")]
        readers = {
            "deltalake": delta.to_pyarrow_table().sort_by("id"),
            "pyarrow": pq.read_table(files[0]).sort_by("id"),
        }
        wrong = []
        for reader, found in readers.items():
            for name, _, values, lake in COLUMNS:
                if name not in found.column_names:
                    wrong.append(f"{reader}: no column {name}")
                    continue
                seen = [plain(value) for value in found.column(name).to_pylist()]
                wanted = [plain(None if value is None else lake(value)) for value in values]
                if seen != wanted:
                    wrong.append(f"{reader}: {name} is {seen} and should be {wanted}")
        connection = duckdb.connect()
        for name, kind, values, lake in COLUMNS:
            if kind in (pa.timestamp("ms", "UTC"), pa.timestamp("us", "Asia/Tokyo"), pa.timestamp("ns", "UTC")):
                continue  # Python's DuckDB needs pytz for these; the others are compared above.
            rows = connection.execute(f'select "{name}" from read_parquet({files}) order by id').fetchall()
            seen = [plain(row[0]) for row in rows]
            wanted = [plain(None if value is None else lake(value)) for value in values]
            if pa.types.is_map(kind):
                wanted = [None if value is None else {key: one for key, one in value} for value in wanted]
            if seen != wanted:
                wrong.append(f"DuckDB: {name} is {seen} and should be {wanted}")
        for line in wrong:
            print(line)
        if wrong:
            sys.exit(1)
        print(f"{len(COLUMNS)} types, equal value by value for deltalake, pyarrow and DuckDB")


main()
