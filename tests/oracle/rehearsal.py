"""`ingot rehearse` against the truth: each defect is planted alone, by hand, and all of the project is loaded, built and tested.

    python tests/oracle/rehearsal.py PROJECT --ingot target/release/ingot [--verdicts 30] [--seed 1] [--only TABLE.COLUMN.KIND] [--result FILE]

A rehearsal plants many defects at once, in a sample of the rows, and runs only what they can reach. Here nothing of that is done: in a copy
of the project, one defect is written into the newest rows of the raw files, and `load-bronze` and `run-models` say what they find that they
do not find without it. It must be the same: what is caught is noticed, by one of those that the rehearsal names, and what survived is not.
--result has the JSON of a rehearsal that was made before.

Feeds in CSV and Parquet are compared; whoever rejects the text of a value decides by that text, so the others add little.
"""

import argparse
import csv
import json
import pathlib
import random
import re
import shutil
import subprocess
import sys
import tempfile

import duckdb
import pyarrow
import pyarrow.parquet
import yaml

ROWS = 3
NOT_COPIED = ["lake", "duckdb", "target", "logs", "analytics", ".git", "node_modules", "crates", "src", "docs", "benches", "examples"]
# What changes values of rows, and what changes whole files.
SOME = "some rows"
NEWEST = "the newest rows"


class Feed:
    """A table of a contract: its files, and its rows as lists of texts or values."""

    def __init__(self, contract, table):
        server = contract["servers"][0]
        self.name = table["name"]
        self.format = server["format"]
        self.columns = {one["name"]: one.get("physicalName", one["name"]) for one in table["properties"]}
        self.types = {one["name"]: one.get("logicalType") for one in table["properties"]}
        self.pattern = re.sub(r"\{object\}", self.name, server["path"])

    def files(self, raw):
        return sorted(raw.glob(re.sub(r"\{[^}]*\}", "*", self.pattern)))


def read(feed, file):
    """The names of the columns, and the rows; nothing is null in CSV, where it is an empty text."""
    if feed.format == "parquet":
        table = pyarrow.parquet.read_table(file)
        return table.schema, [list(row.values()) for row in table.to_pylist()]
    with open(file, newline="") as text:
        rows = list(csv.reader(text))
    return rows[0], rows[1:]


def write(feed, file, head, rows):
    # The file may be a link to the one of the project.
    file.unlink(missing_ok=True)
    if feed.format == "parquet":
        names = head.names
        table = pyarrow.Table.from_pylist([dict(zip(names, row)) for row in rows], schema=head)
        pyarrow.parquet.write_table(table, file)
        return
    with open(file, "w", newline="") as text:
        csv.writer(text, lineterminator="\n").writerows([head, *rows])


def nothing(feed):
    return None if feed.format == "parquet" else ""


def changed(feed, column, defect, old):
    """The value instead of an old one; the same if the defect does not change it."""
    kind, description = defect["kind"], defect["description"]
    if kind in ("mostly_missing", "value_missing") or description.startswith("nothing in"):
        return nothing(feed)
    if kind == "far_future":
        if feed.format == "parquet":
            return old and old.replace(year=2099, month=12, day=31)
        return old and "2099-12-31" + old[10:]
    if kind in ("unit_shifted", "distribution_moved"):
        if old in (None, ""):
            return old
        factor = 1000 if kind == "unit_shifted" else 1.5
        if feed.format == "parquet":
            return type(old)(old * (1000 if factor == 1000 else 3) / (1 if factor == 1000 else 2))
        places = len(old.partition(".")[2])
        return f"{float(old) * factor:.{places}f}"
    if kind == "category_renamed":
        source, target = re.fullmatch(r"'(.*)' is '(.*)' in the newest rows", description).groups()
        return target if old == source else old
    value = re.match(r"'?(.*?)'?(, which does not exist,)? in some rows$", description).group(1)
    if feed.format == "parquet" and old is not None and not isinstance(old, str):
        return type(old)(value)
    return value


def can_be_planted(feed, defect):
    """Whether the value is in the description, and the file takes it."""
    if "…" in defect["description"] or defect["kind"] == "member_missing":
        return False
    # Parquet has types of its own, in which there is no such text.
    return feed.format == "csv" or feed.format == "parquet" and not defect["kind"].startswith("not_a")


def plant(feed, raw, defect, dirty):
    """Writes the defect into the newest rows. `dirty` are files with the numbers of rows in which something is found anyway."""
    files, kind = feed.files(raw), defect["kind"]
    name = lambda file: file.relative_to(raw).as_posix()
    if kind == "doubled_delivery":
        head, rows = read(feed, files[-1])
        stem, dot, rest = files[-1].name.partition(".")
        write(feed, files[-1].with_name(f"{stem}-again{dot}{rest}"), head, rows[::-1])
        return
    if kind == "day_missing":
        if len(files) > 2:
            files[len(files) // 2].unlink()
            return
        column = next(one for one, type in feed.types.items() if type in ("date", "timestamp"))
        head, rows = read(feed, files[0])
        at = list(head if feed.format == "csv" else head.names).index(feed.columns[column])
        days = sorted({str(row[at])[:10] for row in rows if row[at]})
        write(feed, files[0], head, [row for row in rows if str(row[at] or "")[:10] != days[len(days) // 2]])
        return
    is_wide = NEWEST in defect["description"] or kind in ("mostly_missing", "unit_shifted", "distribution_moved", "columns_swapped")
    counts = {file: len(read(feed, file)[1]) for file in files}
    left = sum(counts.values()) // 2 if is_wide else ROWS
    for file in reversed(files):
        if left == 0:
            return
        head, rows = read(feed, file)
        names = list(head if feed.format == "csv" else head.names)
        own = names.index(feed.columns[defect["column"]]) if defect["column"] else None
        other = None
        if kind == "columns_swapped":
            other = names.index(feed.columns[re.search(r"exchanged with '(.*)'", defect["description"]).group(1)])
        more = []
        for at in range(len(rows) - 1, -1, -1):
            if left == 0:
                break
            row = rows[at]
            if (name(file), at + 1) in dirty and not is_wide:
                continue
            if kind == "key_twice":
                more.append(list(row))
            elif other is not None:
                row[own], row[other] = row[other], row[own]
            elif kind == "mostly_missing" and at % 10 == 0:
                pass
            else:
                new = changed(feed, defect["column"], defect, row[own])
                if new == row[own] and not is_wide:
                    continue
                row[own] = new
            left -= 1
        write(feed, file, head, rows + more)


class Run:
    """What a load and a build of the copy noticed."""

    def __init__(self, ingot, project):
        for folder in ("lake", "duckdb", "target"):
            shutil.rmtree(project / folder, ignore_errors=True)
        def call(*words):
            return subprocess.run([ingot, *words, "--quiet"], cwd=project, capture_output=True, text=True)
        loaded = call("load-bronze", "--keep-going")
        self.refused = set(re.findall(r"\b([A-Z]{3,}(?:_[A-Z]+)+)\b", loaded.stderr))
        call("run-models")
        results = json.loads((project / "target/run_results.json").read_text())["results"]
        bad = lambda one: one["status"] in ("fail", "warn", "error")
        self.nodes = {one["unique_id"].split(".")[2] for one in results if bad(one)}
        self.found = self.findings(project)

    @staticmethod
    def findings(project):
        found = set()
        database = duckdb.connect(str(project / "duckdb/warehouse.duckdb"), read_only=True)
        rejects = (project / "lake/_rejects").rglob("*.parquet")
        files = [str(file) for file in rejects]
        if files:
            for file, row, reasons in database.execute("select file, row_number, reasons from read_parquet(?, union_by_name = true)", [files]).fetchall():
                found |= {(file, row, one["code"]) for one in (json.loads(reasons) if isinstance(reasons, str) else reasons)}
        tables = database.execute(
            "select table_schema, table_name from information_schema.columns"
            " where column_name in ('code', 'src_filename', 'src_row_number') group by all having count(*) = 3").fetchall()
        for schema, table in tables:
            rows = database.execute(f'select src_filename, src_row_number, code from "{schema}"."{table}"').fetchall()
            found |= {(file, row, f"finding {code}") for file, row, code in rows}
        database.close()
        return found

    def beyond(self, before):
        """What this run noticed and the other did not."""
        return {code for *_, code in self.found - before.found} | self.nodes - before.nodes | self.refused - before.refused


def copy(project, to):
    shutil.rmtree(to, ignore_errors=True)
    shutil.copytree(project, to, ignore=lambda folder, names: [n for n in names if pathlib.Path(folder) == project and (n in NOT_COPIED or n == "data_raw")],
                    symlinks=True)
    link_raw(project, to)


def link_raw(project, to):
    shutil.rmtree(to / "data_raw", ignore_errors=True)
    shutil.copytree(project / "data_raw", to / "data_raw", copy_function=lambda a, b: pathlib.Path(b).hardlink_to(a)
                    if pathlib.Path(a).stat().st_dev == pathlib.Path(b).parent.stat().st_dev else shutil.copy2(a, b))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("project", type=pathlib.Path)
    parser.add_argument("--ingot", required=True)
    parser.add_argument("--verdicts", type=int, default=30)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", action="append", default=[], help="TABLE.COLUMN.KIND")
    parser.add_argument("--result", type=pathlib.Path)
    arguments = parser.parse_args()
    project, ingot = arguments.project.resolve(), str(pathlib.Path(arguments.ingot).resolve())
    if arguments.result:
        result = json.loads(arguments.result.read_text())
    else:
        done = subprocess.run([ingot, "rehearse", "--format", "json", "--quiet"], cwd=project, capture_output=True, text=True)
        if done.returncode:
            sys.exit(f"the rehearsal ended with {done.returncode}:\n{done.stderr}")
        result = json.loads(done.stdout)
    feeds = {}
    for file in sorted((project / "schemas").rglob("*.y*ml")):
        contract = yaml.safe_load(file.read_text())
        feeds |= {table["name"]: Feed(contract, table) for table in contract["schema"]}
    defects = [one for one in result["defects"] if one["outcome"] in ("caught", "survived", "without effect") and can_be_planted(feeds[one["table"]], one)]
    label = lambda one: f"{one['table']}.{one['column']}.{one['kind']}"
    if arguments.only:
        defects = [one for one in defects if label(one) in arguments.only]
    else:
        # Of those that bronze rejects by their text, few are worth the time.
        random.Random(arguments.seed).shuffle(defects)
        defects.sort(key=lambda one: one["kind"] in ("missing", "not_a_number", "not_a_date", "not_a_timestamp", "not_a_boolean", "out_of_range"))
        defects = defects[:arguments.verdicts]
    with tempfile.TemporaryDirectory() as folder:
        world = pathlib.Path(folder) / "project"
        copy(project, world)
        before = Run(ingot, world)
        dirty = {(file, row) for file, row, _ in before.found}
        wrong = []
        for defect in defects:
            link_raw(project, world)
            plant(feeds[defect["table"]], world / "data_raw", defect, dirty)
            noticed = Run(ingot, world).beyond(before)
            named = set(defect["caught_by"])
            if defect["outcome"] == "caught":
                is_right = bool(noticed & named)
            else:
                is_right = not noticed
            shown = ", ".join(sorted(noticed)[:4]) or "nothing"
            print(f"{'' if is_right else 'WRONG '}{label(defect)}: {defect['outcome']}"
                  f"{' by ' + ', '.join(sorted(named)[:3]) if named else ''}; alone: {shown}", flush=True)
            if not is_right:
                wrong.append(label(defect))
        print(f"{len(defects) - len(wrong)} of {len(defects)} verdicts are what each defect alone shows")
        if wrong or not defects:
            sys.exit(1)


if __name__ == "__main__":
    main()
