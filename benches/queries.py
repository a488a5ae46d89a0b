"""How fast gold answers the five questions of `analyses/`.

Usage: python3 benches/queries.py [PROJECT]     (this one without it; needs its warehouse, a release build, and PyPI for duckdb)

`ingot dbt compile` writes the queries; DuckDB's own Python package runs each once to warm up and then five times, in one connection to the
database file. What a query takes is its time to the last row, in milliseconds: the middle one of the five, and the least.
"""

import os
import subprocess
import sys
from pathlib import Path

from measure import ingot, python, run, PROJECT

TIMED = """
import statistics, sys, time
import duckdb

connection = duckdb.connect("duckdb/warehouse.duckdb", read_only=True)
connection.execute(f"set threads = {sys.argv[1]}; set enable_progress_bar = false")
for file in sys.argv[2:]:
    sql = open(file).read()
    taken = []
    for _ in range(6):
        started = time.monotonic()
        rows = connection.execute(sql).fetchall()
        taken.append((time.monotonic() - started) * 1000)
    name = file.rsplit("/", 1)[-1].removesuffix(".sql")
    print(f"{name:36}{len(rows):8}{statistics.median(taken[1:]):12.0f}{min(taken[1:]):10.0f}")
"""

project = Path(sys.argv[1] if len(sys.argv) > 1 else PROJECT).resolve()
run([ingot(), "dbt", "compile", "--project-dir", project, "--select", "path:analyses"])
queries = sorted((project / "target" / "compiled").glob("*/analyses/*.sql"))
if not queries:
    sys.exit(f"no compiled analyses below {project}/target")
threads = os.cpu_count() or 1
print(f"{'query, ' + str(threads) + ' threads':36}{'rows':>8}{'median ms':>12}{'least ms':>10}", flush=True)
command = [python("duckdb"), "-c", TIMED, str(threads), *map(str, queries)]
sys.exit(subprocess.run(command, cwd=project).returncode)
