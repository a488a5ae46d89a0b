"""Follows Delta tables of every feature that readers must know, and compares bronze, read by `deltalake` and `pyarrow`, with
what the tables hold. `deltalake` writes the features that it can (partitions, timestampNtz, checkpoints, updates, deletes);
the logs of the others are written here by hand after the protocol
(https://github.com/delta-io/delta/blob/master/PROTOCOL.md). Prints a line a table; ends with 1 if anything differs.

usage: delta_sources.py INGOT      needs: deltalake pyarrow
"""
import datetime
import json
import pathlib
import shutil
import struct
import subprocess
import sys
import tempfile
import uuid
import zoneinfo
import zlib
from decimal import Decimal

import pyarrow as pa
import pyarrow.dataset as dataset
import pyarrow.parquet as parquet
from deltalake import DeltaTable, write_deltalake

AUDIT = ["ingestion_ts", "src_filename", "src_row_hash", "src_row_number"]
DIGITS = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#"
WORDS = {"i32": "integer", "i64": "integer", "f64": "number", "str": "string", "bool": "boolean", "date": "date", "ts": "timestamp"}


def z85(data: bytes) -> str:
    text = ""
    for (number,) in struct.iter_unpack(">I", data):
        text += "".join(DIGITS[number // 85**power % 85] for power in (4, 3, 2, 1, 0))
    return text


def bitmap(rows: list[int]) -> bytes:
    """A bitmap array of bitmaps with one container for each 65,536 rows."""
    parts = {}
    for row in sorted(rows):
        parts.setdefault(row >> 16, []).append(row & 0xFFFF)
    data = struct.pack("<IQI", 1681511377, 1, 0) + struct.pack("<II", 12346, len(parts))
    for key, values in parts.items():
        data += struct.pack("<HH", key, len(values) - 1)
    offset = 8 + 8 * len(parts)
    for values in parts.values():
        data += struct.pack("<I", offset)
        offset += 2 * len(values)
    for values in parts.values():
        data += struct.pack(f"<{len(values)}H", *values)
    return data


class Source:
    """A table whose log is written by hand."""

    def __init__(self, root: pathlib.Path, fields: list[dict], partitions=(), properties=None, features=()):
        self.root, self.version = root, 0
        (root / "_delta_log").mkdir(parents=True)
        if features:
            self.protocol = {"minReaderVersion": 3, "minWriterVersion": 7, "readerFeatures": list(features), "writerFeatures": list(features)}
        else:
            self.protocol = {"minReaderVersion": 2, "minWriterVersion": 5}
        self.partitions, self.properties = list(partitions), properties or {}
        self.first = [{"protocol": self.protocol}, self.metadata(fields)]

    def metadata(self, fields: list[dict]) -> dict:
        schema = json.dumps({"type": "struct", "fields": fields})
        return {"metaData": {"id": "1", "format": {"provider": "parquet", "options": {}}, "schemaString": schema,
                             "partitionColumns": self.partitions, "configuration": self.properties, "createdTime": 1700000000000}}

    def add(self, name: str, table: pa.Table, values=None, vector=None) -> dict:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        parquet.write_table(table, path)
        action = {"path": name.replace("%", "%25"), "partitionValues": values or {}, "size": path.stat().st_size,
                  "modificationTime": 1700000000000, "dataChange": True}
        if vector:
            action["deletionVector"] = vector
        return {"add": action}

    def inline(self, rows: list[int]) -> dict:
        data = bitmap(rows)
        return {"storageType": "i", "pathOrInlineDv": z85(data + b"\0" * (-len(data) % 4)), "sizeInBytes": len(data), "cardinality": len(rows)}

    def stored(self, rows: list[int], prefix="") -> dict:
        name, data = uuid.uuid4(), bitmap(rows)
        folder = self.root / prefix
        folder.mkdir(exist_ok=True)
        (folder / f"deletion_vector_{name}.bin").write_bytes(b"\1" + struct.pack(">I", len(data)) + data + struct.pack(">I", zlib.crc32(data)))
        return {"storageType": "u", "pathOrInlineDv": prefix + z85(name.bytes), "offset": 1, "sizeInBytes": len(data), "cardinality": len(rows)}

    def commit(self, *actions: dict):
        actions = (self.first if self.version == 0 else []) + list(actions)
        path = self.root / "_delta_log" / f"{self.version:020}.json"
        path.write_text("".join(json.dumps(action) + "\n" for action in actions))
        self.version += 1


def field(name: str, kind, number=None, physical=None) -> dict:
    metadata = {} if number is None else {"delta.columnMapping.id": number, "delta.columnMapping.physicalName": physical}
    return {"name": name, "type": kind, "nullable": True, "metadata": metadata}


def remove(add: dict) -> dict:
    vector = {key: value for key, value in add["add"].items() if key == "deletionVector"}
    return {"remove": {"path": add["add"]["path"], "deletionTimestamp": 1700000000000, "dataChange": True, **vector}}


def ids(*values) -> pa.Table:
    return pa.table({"id": pa.array(values, pa.int64())})


def mapped(column: str, name: str, number: int, values, kind) -> tuple[pa.Field, pa.Array]:
    return pa.field(name, kind, metadata={"PARQUET:field_id": str(number)}), pa.array(values, kind)


def of(*columns) -> pa.Table:
    return pa.table([column[1] for column in columns], schema=pa.schema([column[0] for column in columns]))


# Each gives the columns of its contract, the primary key, and the rows that are there in the end.

def partitions(root, load):
    table = pa.table({
        "id": pa.array([1, 2, 3, 4, 5, 6], pa.int64()),
        "day": pa.array([datetime.date(2024, 2, 29)] * 2 + [None] + [datetime.date(1969, 12, 31)] * 3),
        "region": ["a/b", "two words", "50%", "größe", None, "x=y"],
        "flag": [True, False, None, True, True, False],
        "price": pa.array([Decimal("1.50"), Decimal("2.25"), None, Decimal("0.00"), Decimal("9.99"), Decimal("1.50")], pa.decimal128(6, 2)),
        "at": pa.array([1_700_000_000_123_456, 0, None, -1, 5, 6], pa.timestamp("us", "UTC")),
    })
    write_deltalake(root, table, partition_by=["day", "region", "flag", "price", "at"])
    load()
    DeltaTable(root).delete("id = 2")
    return {"id": "i64", "day": "date", "region": "str", "flag": "bool", "price": "dec(6,2)", "at": "ts"}, "id", \
        [row for row in table.to_pylist() if row["id"] != 2]


def deletion_vectors(root, load):
    source = Source(root, [field("id", "long")], features=["deletionVectors"], properties={"delta.enableDeletionVectors": "true"})
    one, two, three = source.add("1.parquet", ids(*range(100))), source.add("2.parquet", ids(*range(100, 200))), source.add("3.parquet", ids(*range(1000, 200_000)))
    two["add"]["deletionVector"] = source.inline([0, 99])
    source.commit(one, two, three)
    load()
    gone = [*range(10), 70_000, 150_000]
    source.commit(remove(three), {"add": three["add"] | {"deletionVector": source.stored(gone)}},
                  remove(two), {"add": two["add"] | {"deletionVector": source.stored([0, 5, 98, 99], "ab")}})
    left = [*range(100), *(row for row in range(101, 199) if row not in (105, 198)), *(row + 1000 for row in range(199_000) if row not in gone)]
    return {"id": "i64"}, "id", [{"id": row} for row in left]


def column_mapping(mode):
    def make(root, load):
        properties = {"delta.columnMapping.mode": mode, "delta.columnMapping.maxColumnId": "3"}
        names = ["c1", "c2", "c3"] if mode == "name" else ["x", "y", "z"]
        fields = [field("id", "long", 1, "c1"), field("a", "string", 2, "c2"), field("part", "integer", 3, "c3")]
        source = Source(root, fields, ["part"], properties)
        first = of(mapped("id", names[0], 1, [1, 2], pa.int64()), mapped("a", names[1], 2, ["p", "q"], pa.string()))
        one = source.add("1.parquet", first, {"c3": "7"})
        source.commit(one)
        load()
        # Renamed, and another column takes the old name.
        fields = [field("id", "long", 1, "c1"), field("b", "string", 2, "c2"), field("part", "integer", 3, "c3"), field("a", "long", 4, "c4")]
        second = of(mapped("id", names[0], 1, [3], pa.int64()), mapped("b", names[1], 2, ["r"], pa.string()), mapped("a", "c4", 4, [30], pa.int64()))
        source.properties["delta.columnMapping.maxColumnId"] = "4"
        source.commit(source.metadata(fields), remove(one), source.add("2.parquet", first, {"c3": "8"}), source.add("3.parquet", second, {"c3": None}))
        return {"id": "i64", "b": "str", "part": "i32"}, "id", [
            {"id": 1, "b": "p", "part": 8}, {"id": 2, "b": "q", "part": 8}, {"id": 3, "b": "r", "part": None}]
    return make


def type_widening(root, load):
    def fields(n, x, p, day):
        return [field("id", "long"), field("n", n), field("x", x), field("p", p), field("s", day)]
    source = Source(root, fields("byte", "float", "decimal(4,2)", "short"), features=["typeWidening"], properties={"delta.enableTypeWidening": "true"})
    source.commit(source.add("1.parquet", pa.table({
        "id": pa.array([1], pa.int64()), "n": pa.array([-7], pa.int8()), "x": pa.array([0.5], pa.float32()),
        "p": pa.array([Decimal("12.50")], pa.decimal128(4, 2)), "s": pa.array([300], pa.int16())})))
    load()
    source.commit(source.metadata(fields("long", "double", "decimal(12,3)", "double")), source.add("2.parquet", pa.table({
        "id": pa.array([2], pa.int64()), "n": pa.array([1 << 40], pa.int64()), "x": pa.array([1e300]),
        "p": pa.array([Decimal("123456789.125")], pa.decimal128(12, 3)), "s": pa.array([0.25])})))
    return {"id": "i64", "n": "i64", "x": "f64", "p": "dec(12,3)", "s": "f64"}, "id", [
        {"id": 1, "n": -7, "x": 0.5, "p": Decimal("12.500"), "s": 300.0},
        {"id": 2, "n": 1 << 40, "x": 1e300, "p": Decimal("123456789.125"), "s": 0.25}]


def cleaned(source, upto):
    for path in (source / "_delta_log").glob("*.json"):
        if path.name[:20].isdigit() and path.name[20:] == ".json" and int(path.name[:20]) < upto:
            path.unlink()


def checkpoint(root, load):
    for number in range(5):
        write_deltalake(root, ids(number * 2, number * 2 + 1), mode="append")
    DeltaTable(root).delete("id = 3")
    DeltaTable(root).create_checkpoint()
    cleaned(root, 5)
    load()
    write_deltalake(root, ids(100), mode="append")
    return {"id": "i64"}, "id", [{"id": row} for row in [0, 1, 2, 4, 5, 6, 7, 8, 9, 100]]


def multi_part_checkpoint(root, load):
    expected = checkpoint(root, lambda: None)
    log = root / "_delta_log"
    [whole] = log.glob("*.checkpoint.parquet")
    table = parquet.read_table(whole)
    half = table.num_rows // 2
    for part, some in enumerate([table.slice(0, half), table.slice(half)], 1):
        parquet.write_table(some, log / f"{whole.name[:20]}.checkpoint.{part:010}.{2:010}.parquet")
    whole.unlink()
    last = json.loads((log / "_last_checkpoint").read_text())
    (log / "_last_checkpoint").write_text(json.dumps({"version": last["version"], "size": table.num_rows, "parts": 2}))
    return expected


def v2_checkpoint(kind):
    def make(root, load):
        source = Source(root, [field("id", "long")], features=["v2Checkpoint"], properties={"delta.checkpointPolicy": "v2"})
        adds = [source.add(f"{number}.parquet", ids(number)) for number in range(4)]
        log = root / "_delta_log"
        types = pa.struct([("path", pa.string()), ("partitionValues", pa.map_(pa.string(), pa.string())), ("size", pa.int64()),
                           ("modificationTime", pa.int64()), ("dataChange", pa.bool_())])
        def row(add):
            return add["add"] | {"partitionValues": []}
        actions = [{"checkpointMetadata": {"version": 3}}, *source.first]
        name = f"{3:020}.checkpoint.{uuid.uuid4()}"
        if kind == "sidecars":
            (log / "_sidecars").mkdir()
            for some in (adds[:1], adds[1:]):
                sidecar = log / "_sidecars" / f"{uuid.uuid4()}.parquet"
                parquet.write_table(pa.table({"add": pa.array([row(add) for add in some], types)}), sidecar)
                actions.append({"sidecar": {"path": sidecar.name, "sizeInBytes": sidecar.stat().st_size, "modificationTime": 1700000000000}})
        else:
            actions += adds
        (log / f"{name}.json").write_text("".join(json.dumps(action) + "\n" for action in actions))
        source.version = 4
        source.commit(source.add("4.parquet", ids(4)))
        load()
        source.commit(remove(adds[0]))
        return {"id": "i64"}, "id", [{"id": row} for row in (1, 2, 3, 4)]
    return make


def no_key(root, load):
    def rows(names, numbers):
        return pa.table({"name": pa.array(names, pa.string()), "n": pa.array(numbers, pa.int64())})
    write_deltalake(root, rows(["a", "b", "b", None], [1, 2, 2, None]))
    load()
    write_deltalake(root, rows(["a", "c"], [1, 3]), mode="append")
    DeltaTable(root).update(updates={"n": "30"}, predicate="name = 'c'")
    load()
    DeltaTable(root).optimize.compact()
    return {"name": "str", "n": "i64"}, None, [
        {"name": name, "n": number} for name, number in [("a", 1), ("b", 2), ("b", 2), (None, None), ("a", 1), ("c", 30)]]


def timestamps_without_zone(root, load):
    clocks = [datetime.datetime(2024, 1, 15, 10, 30, 0, 250), None, datetime.datetime(2024, 7, 1, 0, 0)]
    days = [datetime.datetime(2024, 7, 1, 12, 0), datetime.datetime(2024, 1, 1), None]
    table = pa.table({"id": pa.array([1, 2, 3], pa.int64()), "at": pa.array(clocks, pa.timestamp("us")), "day": pa.array(days, pa.timestamp("us"))})
    write_deltalake(root, table, partition_by=["day"])
    load()
    DeltaTable(root).delete("id = 2")
    berlin = zoneinfo.ZoneInfo("Europe/Berlin")
    moment = lambda clock: clock and clock.replace(tzinfo=berlin).astimezone(datetime.timezone.utc)
    return {"id": "i64", "at": "ts", "day": "ts"}, "id", [
        {"id": number, "at": moment(at), "day": moment(day)} for number, at, day in zip((1, 3), clocks[::2], days[::2])]


def nested(root, load):
    values = [{"tags": ["a", None], "sizes": [("S", 1), ("XL", None)], "place": {"city": "Köln", "at": None}}, None]
    tags = [["x"], None]
    kind = pa.struct([("tags", pa.list_(pa.string())), ("sizes", pa.map_(pa.string(), pa.int64())), ("place", pa.struct([("city", pa.string()), ("at", pa.int64())]))])
    write_deltalake(root, pa.table({"id": pa.array([1, 2], pa.int64()), "v": pa.array(values, kind), "tags": pa.array(tags, pa.list_(pa.string())), "b": pa.array([b"\0\xff", None], pa.binary())}))
    load()
    DeltaTable(root).update(updates={"b": "NULL"}, predicate="id = 1")
    return {"id": "i64", "v": "object<tags:list<str>,sizes:map<str,i64>,place:object<city:str,at:i64>>", "tags": "list<str>", "b": "binary"}, "id", [
        {"id": 1, "v": values[0], "tags": tags[0], "b": None}, {"id": 2, "v": None, "tags": None, "b": None}]


def random_changes(root, load):
    import random
    dice = random.Random(7)
    table = {number: dice.randrange(100) for number in range(40)}
    write_deltalake(root, pa.table({"id": pa.array(table, pa.int64()), "n": pa.array(table.values(), pa.int64())}), partition_by=["n"])
    for step in range(12):
        source = DeltaTable(root)
        bound, number = dice.randrange(40), dice.randrange(100)
        match dice.randrange(4):
            case 0:
                source.delete(f"n < {number} and id > {bound}")
                table = {key: value for key, value in table.items() if not (value < number and key > bound)}
            case 1:
                source.update(updates={"n": str(number)}, predicate=f"id = {bound}")
                table = {key: number if key == bound else value for key, value in table.items()}
            case 2:
                new = {100 * (step + 1) + key: dice.randrange(100) for key in range(5)}
                write_deltalake(root, pa.table({"id": pa.array(new, pa.int64()), "n": pa.array(new.values(), pa.int64())}), mode="append")
                table |= new
            case 3:
                source.optimize.compact()
        if dice.random() < 0.3:
            load()
    return {"id": "i64", "n": "i64"}, "id", [{"id": key, "n": value} for key, value in table.items()]


TABLES = {
    "partitions": partitions, "deletion vectors": deletion_vectors, "column mapping by name": column_mapping("name"),
    "column mapping by id": column_mapping("id"), "type widening": type_widening, "checkpoint": checkpoint,
    "multi-part checkpoint": multi_part_checkpoint, "v2 checkpoint": v2_checkpoint("json"), "v2 checkpoint, sidecars": v2_checkpoint("sidecars"),
    "timestampNtz": timestamps_without_zone, "nested": nested, "without a key": no_key, "random changes": random_changes,
}


def contract(columns: dict, key) -> str:
    properties = [
        {"name": name, "physicalType": word, "logicalType": WORDS.get(word, "array" if word.startswith("list") else "object" if "<" in word else "string" if word == "binary" else "number"), **({"primaryKey": True, "primaryKeyPosition": 1} if name == key else {})}
        for name, word in columns.items()
    ]
    return json.dumps({
        "apiVersion": "v3.1.0", "kind": "DataContract", "id": "t", "name": "t", "version": "1.0.0", "status": "active",
        "servers": [{"server": "raw", "type": "local", "path": "t", "format": "delta",
                     "customProperties": [{"property": "defaultTimezone", "value": "Europe/Berlin"}]}],
        "schema": [{"name": "t", "logicalType": "object", "physicalType": "table", "properties": properties,
                    "customProperties": [{"property": "evolution", "value": "discard"}]}],
    })


def plain(rows: pa.Table, columns) -> list:
    rows = rows.filter(pa.compute.invert(rows["is_deleted"])).select(list(columns)).to_pylist()
    return sorted(rows, key=lambda row: json.dumps(list(row.values()), default=str))


def check(ingot: str, name: str, make) -> list[str]:
    problems = []
    folder = pathlib.Path(tempfile.mkdtemp(prefix="ingot-delta-"))
    try:
        # What a table's contract says is known only when it is made: once to learn it, once in earnest.
        columns, key, expected = make(folder / "learn", lambda: None)
        (folder / "schemas").mkdir()
        (folder / "schemas/t.odcs.yaml").write_text(contract(columns, key))
        books = [0, 0, 0]

        def load():
            done = subprocess.run([ingot, "--project-dir", folder, "load-bronze", "--format", "json"], capture_output=True, text=True)
            if done.returncode:
                problems.append(f"the load ended with {done.returncode}: {done.stdout[-600:]} {done.stderr[-600:]}")
                return
            summary = json.loads(done.stdout)
            for at, count in enumerate(("rows_read", "rows_accepted", "rows_rejected")):
                books[at] += summary[count]

        (folder / "data_raw").mkdir()
        make(folder / "data_raw/t", load)
        load()
        if problems:
            return problems
        if books[0] != books[1] + books[2] or books[2]:
            problems.append(f"rows read, accepted and rejected: {books}")
        expected = sorted(expected, key=lambda row: json.dumps([row[column] for column in columns], default=str))
        expected = [{column: row[column] for column in columns} for row in expected]
        by_delta = plain(DeltaTable(folder / "lake/bronze/delta/t").to_pyarrow_dataset().to_table(), columns)
        by_parquet = plain(dataset.dataset(folder / "lake/bronze/parquet/t", format="parquet").to_table(), columns)
        for side, found in (("Delta", by_delta), ("Parquet", by_parquet)):
            if found != expected:
                wrong = [pair for pair in zip(found, expected) if pair[0] != pair[1]][:3]
                problems.append(f"{side}: {len(found)} rows instead of {len(expected)}; {wrong}")
        print(f"{name:25} {len(expected):>8} rows  {books[0]:>8} read", *problems)
    finally:
        shutil.rmtree(folder)
    return problems


if __name__ == "__main__":
    import pyarrow.compute  # noqa: F401  (`pa.compute`)

    ingot = str(pathlib.Path(sys.argv[1]).resolve())
    failed = False
    for name, make in TABLES.items():
        problems = check(ingot, name, make)
        if problems:
            failed = True
            print(f"{name}: DIFFERS", *problems, sep="\n  ")
    sys.exit(failed)
