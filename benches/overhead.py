"""How much of a run's wall time is not DuckDB's: the share that `ingot run-models` adds to the statements it runs.

    python benches/overhead.py --ingot target/release/ingot --project DIR [--runs 3] [--keep]

The project is one whose bronze is loaded. Each run builds into an empty warehouse (unless `--keep`); the best of the runs counts. In
statements: the time in which at least one statement of DuckDB's was running, however many did. Opening and closing the
database, in which DuckDB writes its file, is shown by itself. The rest, reading the project, templates, artifacts, is ingot's own.
"""

import argparse
import json
import os
import re
import subprocess
from pathlib import Path

TIMES = re.compile(
    r"(?P<all>[\d.]+) s in all: (?P<statements>[\d.]+) s in statements, (?P<opening>[\d.]+) s opening and closing the database, (?P<own>[\d.]+) s"
)


def times(command):
    ran = subprocess.run(command, capture_output=True, text=True)
    if ran.returncode != 0:
        raise SystemExit(f"{' '.join(command)} failed:\n{ran.stdout[-2000:]}{ran.stderr[-2000:]}")
    found = [match for line in (ran.stdout + ran.stderr).splitlines() if (match := TIMES.search(line))]
    return {name: float(value) for name, value in found[-1].groupdict().items()}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ingot", default="target/release/ingot")
    parser.add_argument("--project", default=".")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--keep", action="store_true", help="build over what the warehouse holds")
    arguments = parser.parse_args()
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    best = None
    for number in range(arguments.runs):
        if not arguments.keep:
            for file in Path(arguments.project, "duckdb").glob("*.duckdb*"):
                file.unlink()
        found = times([arguments.ingot, "--project-dir", arguments.project, "--log-format", "json", "run-models"])
        share = found["own"] / found["all"]
        print(json.dumps({**found, "own share": round(share, 4)}), flush=True)
        best = min(best, share) if best is not None else share
    print(f"ingot's own share of the wall time, best of {arguments.runs}: {100 * best:.1f} %")


if __name__ == "__main__":
    main()
