"""Plays docs/runbook.md: each section's damage is done to the retail project, its commands are run as they stand there, and they
must say what the page says and bring everything back.

    tests/oracle/runbook.py INGOT [--only "A damaged log"] [--show]

The commands are those behind `$` in the blocks of a section. What each prints is compared with the lines below it: numbers, moments and
ids count as equal, white space does not count, and a line that is cut with … must begin alike. After each section every table
of silver and gold must hold what it held before the damage, `ingot lake check` must be clean, and a run must succeed. --show prints
what the commands said, to write the page anew. Needs Python with duckdb.
"""

import argparse
import contextlib
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import duckdb

ROOT = pathlib.Path(__file__).resolve().parents[2]
# The window before, and the two days that come late.
SCALE, START, NEXT_DAY = "0.02", "2024-06-07", "2024-07-01"
# Columns that say when or by which run a row was made.
VOLATILE = re.compile(r"ingestion|loaded|built|run_id|_ts$|_at$|invocation|measured|src_|as_of|dbt_valid")
# Their rows are about runs.
ABOUT_RUNS = {"data_quality_metrics", "data_quality_log", "fct_ingestion_audit"}


def sections(text):
    """Title -> [(command, expected lines)]"""
    found = {}
    for part in re.split(r"^## ", text, flags=re.M)[1:]:
        title, _, body = part.partition("\n")
        steps = []
        for line in body.split("\n"):
            if line.startswith("    $ "):
                steps.append((line[6:], []))
            elif line.startswith("    ") and steps:
                steps[-1][1].append(line)
        found[title] = steps
    return found


def alike(text):
    """Without what differs from run to run: ids, moments, numbers, white space."""
    text = re.sub(r"\d{8}T\d{6,}(Z|-[0-9a-f]{6})?", "#", text)
    text = re.sub(r"[0-9][0-9,.:]*", "#", text)
    text = re.sub(r"# ?(k|M|G)?B\b", "# B", text)
    return re.sub(r"\s+", "", text)


class Project:
    def __init__(self, ingot, folder):
        self.ingot, self.folder = ingot, folder

    def run(self, *arguments, may_fail=False):
        done = subprocess.run([self.ingot, *arguments], cwd=self.folder, capture_output=True, text=True)
        if done.returncode and not may_fail:
            sys.exit(f"ingot {' '.join(arguments)} ended with {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout + done.stderr

    def content(self):
        """Rows and a hash of each table of silver and gold, whatever the order, without what tells when."""
        warehouse = duckdb.connect(str(self.folder / "duckdb/warehouse.duckdb"), read_only=True)
        warehouse.execute("set TimeZone = 'UTC'")
        columns = {}
        for schema, table, column in warehouse.execute(
            "select schema_name, table_name, column_name from duckdb_columns() join duckdb_tables() using (schema_name, table_name) "
            "where schema_name in ('silver', 'gold', 'snapshots') order by all"
        ).fetchall():
            if table not in ABOUT_RUNS and not VOLATILE.search(column):
                columns.setdefault((schema, table), []).append(f'"{column}"')
        found = {}
        for (schema, table), names in columns.items():
            found[f"{schema}.{table}"] = warehouse.execute(
                f'select count(*), sum(hash({", ".join(names)}))::varchar from "{schema}"."{table}"').fetchone()
        warehouse.close()
        return found

    def file(self, pattern):
        return sorted(self.folder.glob(pattern))[0]


def flip(path):
    """Changes one byte in the middle."""
    path.chmod(0o644)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0x10
    path.write_bytes(data)


def damaged_data(project):
    flip(project.file("lake/bronze/parquet/stores/**/*.parquet"))


def damaged_log(project):
    flip(project.file("lake/bronze/delta/stores/_delta_log/*[0-9].json"))


def lost_warehouse(project):
    """The file is gone, and the next load makes a new one."""
    (project.folder / "duckdb/warehouse.duckdb").unlink()
    project.run("load-bronze")


def dropped_table(project):
    warehouse = duckdb.connect(str(project.folder / "duckdb/warehouse.duckdb"))
    warehouse.execute("drop table gold.data_quality_metrics")
    warehouse.close()


def late_files(project):
    project.run("generate", "--scale", SCALE, "--start-date", NEXT_DAY, "--days", "2")
    # One file of the window before comes with it.
    late = project.folder / LATE
    shutil.move(project.folder.parent / "late.csv", late)


LATE = "data_raw/orders_header/order_dt=2024-06-28/part-00000.csv"


def bad_delivery(project):
    """The prices of the file of the runbook are wrong by a factor of 100."""
    path = project.folder / "data_raw/orders_header/order_dt=2024-06-30/part-00102.csv"
    original = project.file("data_raw/orders_header/order_dt=2024-06-30/*.csv")
    lines = original.read_text().split("\n")
    width = len(lines[0].split(","))
    wrong = [lines[0]] + [f"9{line}" for line in lines[1:] if len(line.split(",")) == width]
    path.write_text("\n".join(wrong) + "\n")
    project.run("load-bronze")
    project.run("run-models", may_fail=True)


def killed_run(project):
    """A run of everything is killed in its middle."""
    child = subprocess.Popen([project.ingot, "run-models", "--full-refresh"], cwd=project.folder, stdout=subprocess.DEVNULL,
                             stderr=subprocess.DEVNULL, start_new_session=True)
    time.sleep(1.0)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()


def yesterday(project):
    """A change of the source makes wrong rows: a model is edited, and the edit is taken back."""
    late_files(project)
    project.run("load-bronze")
    project.run("run-models", may_fail=True)


# Section -> (what goes wrong, whether the state before must be there afterwards)
DAMAGE = {
    "Late files": (late_files, False),
    "A damaged data file": (damaged_data, True),
    "A damaged log": (damaged_log, True),
    "The warehouse is lost or damaged": (lost_warehouse, True),
    "A dropped table": (dropped_table, True),
    "A bad delivery": (bad_delivery, True),
    "A killed run": (killed_run, True),
    "Back to yesterday": (yesterday, False),
}


def check(project, title, steps, show):
    wrong = []
    for command, expected in steps:
        words = command.split()
        assert words[0] == "ingot", command
        said = project.run(*words[1:], may_fail=True).replace(f"{project.folder}{os.sep}", "")
        if show:
            print(f"    $ {command}\n" + "".join(f"    {line}\n" for line in said.splitlines()))
        whole = alike(said)
        # Parts between cuts must follow one another.
        at = 0
        for line in expected:
            wanted = alike(line.split("…")[0])
            if not wanted:
                continue
            found = whole.find(wanted, at)
            if found < 0:
                wrong.append(f"`{command}` does not say: {line.strip()}\n{said}")
                break
            at = found + len(wanted)
    return wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("ingot")
    parser.add_argument("--only")
    parser.add_argument("--show", action="store_true")
    options = parser.parse_args()
    page = sections((ROOT / "docs/runbook.md").read_text())
    missing = set(DAMAGE) - set(page)
    if missing:
        sys.exit(f"docs/runbook.md has no sections {missing}")
    with tempfile.TemporaryDirectory(prefix="ingot-runbook-") as name:
        base = pathlib.Path(name) / "base"
        first = Project(os.path.abspath(options.ingot), base)
        subprocess.run([first.ingot, "init", str(base)], check=True, capture_output=True)
        first.run("generate", "--scale", SCALE, "--start-date", START, "--days", "24")
        shutil.move(base / LATE, base.parent / "late.csv.kept")
        first.run("load-bronze", may_fail=True)
        first.run("run-models", may_fail=True)
        first.run("publish", may_fail=True)
        wrong = []
        for title, (damage, comes_back) in DAMAGE.items():
            if options.only and title != options.only:
                continue
            folder = pathlib.Path(name) / "played"
            # Both sides of a table are one file with two names, in the copy too.
            subprocess.run(["cp", "-a", str(base), str(folder)], check=True)
            shutil.copy(base.parent / "late.csv.kept", base.parent / "late.csv")
            project = Project(first.ingot, folder)
            before = project.content()
            damage(project)
            found = check(project, title, page[title], options.show)
            after_run = project.run("run-models", may_fail=True)
            if "ERROR" in after_run and "ERROR=0" not in after_run:
                found.append(f"the run after it fails\n{after_run}")
            checked = subprocess.run([first.ingot, "lake", "check"], cwd=folder, capture_output=True, text=True)
            if checked.returncode:
                found.append(f"`ingot lake check` finds\n{checked.stdout}{checked.stderr}")
            state = project.content()
            project.run("run-models", "--full-refresh", may_fail=True)
            expected = before if comes_back else project.content()
            found += [f"{table} is {state.get(table)} and not {rows}" for table, rows in expected.items() if state.get(table) != rows]
            print(f"  {title}: {len(page[title])} commands, {len(state)} tables, {len(found)} faults", flush=True)
            wrong += [f"{title}: {one}" for one in found]
            shutil.rmtree(folder)
    for one in wrong:
        print(one)
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
