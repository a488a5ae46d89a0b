"""A newcomer's ten minutes: eight feeds of a shop become a tested warehouse by three commands, without an edit by hand.

    benches/ten-minutes.py [MEGABYTES]     (100 without it; needs a release build, and PyPI)

`init --from --star`, `load-bronze` and `run-models` over the files of newcomer_files.py. It fails if a command fails, if a test of the
models does not pass, if a row is rejected, if a total of the star is not the sum over the raw files, or if 100 MB take more than 10 s and
more than 10 s of CPU: on a machine that has other work, the first says nothing.
"""

import json
import re
import sys
import tempfile
from decimal import Decimal
from pathlib import Path

from measure import ingot, python, run, size

MOST_SECONDS = 10.0
"""For 100 MB."""


def main():
    megabytes = float(sys.argv[1]) if len(sys.argv) > 1 else 100.0
    interpreter = python("pyarrow", "xlsxwriter", "duckdb")
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        exports, project = folder / "exports", folder / "shop"
        run([interpreter, Path(__file__).parent / "newcomer_files.py", exports, megabytes])
        there = size(exports) / 1e6
        commands = {
            "init --from --star": ["init", project, "--star", "--from", exports],
            "load-bronze": ["load-bronze", "--project-dir", project],
            "run-models": ["run-models", "--project-dir", project],
        }
        print(f"{there:.0f} MB{'':19}{'wall s':>9}{'CPU s':>9}{'peak MiB':>10}")
        seconds, cpu = 0.0, 0.0
        for name, command in commands.items():
            done = run([ingot(), *command])
            seconds, cpu = seconds + done.wall, cpu + done.cpu
            print(f"{name:24}{done.wall:9.2f}{done.cpu:9.2f}{done.peak:10.0f}", flush=True)
            if name == "load-bronze":
                read, accepted = map(int, re.search(r"(\d+) rows read = (\d+) accepted", done.output).groups())
                if read != accepted:
                    sys.exit(f"{read - accepted} rows were rejected")
            if name == "run-models" and not re.search(r"WARN=0 ERROR=0 SKIP=0", done.output):
                sys.exit(done.output)
        print(f"{'together':24}{seconds:9.2f}{cpu:9.2f}")
        compare(interpreter, project, json.loads((folder / "totals.json").read_text()))
        if min(seconds, cpu) > MOST_SECONDS * max(there / 100, 1):
            sys.exit(f"{seconds:.1f} s, where {MOST_SECONDS:.0f} are allowed")


def compare(interpreter, project, totals):
    """Sums of measures of the facts with sums over the raw files."""
    for name, expected in totals.items():
        table, column = name.split(".")
        code = f"""import duckdb
db = duckdb.connect({str(project / "duckdb" / "warehouse.duckdb")!r}, read_only=True)
schema = db.sql("select table_schema from information_schema.tables where table_name = 'fct_{table}'").fetchall()[0][0]
print(db.sql(f"select sum({column})::varchar from {{schema}}.fct_{table}").fetchall()[0][0])"""
        found = run([interpreter, "-c", code]).output.strip()
        if Decimal(found) != Decimal(expected):
            sys.exit(f"the star's total of {name} is {found}, where the files have {expected}")
    print(f"{len(totals)} totals of the star equal the sums over the raw files")


main()
