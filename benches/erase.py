"""`ingot erase` on the retail project: one person, then a thousand people at once.

    benches/erase.py [SCALE] [--people 1000] [--folder DIR]     (1 without it; needs a release build)

The project is loaded twice, so that tables have old versions, built, and published. Then one person is erased from all of it, and after that many people
in one run; between the two nothing else is done. At scale 1 it fails if one person takes more than 60 s of wall time (and more than 120 s of CPU, which
is what two cores have in 60 s), or if many take more than three times as long as one. `--folder` keeps the project.
"""

import argparse
import json
import os
import random
import subprocess
import tempfile
from pathlib import Path

from measure import ingot, run, size

MOST_SECONDS = 60.0
MOST_TIMES = 3.0


def customers(project):
    """The keys of all customers, from the raw file."""
    lines = (project / "data_raw/customers.csv").read_text().splitlines()
    place = lines[0].split(",").index("customer_id")
    return sorted({line.split(",")[place] for line in lines[1:] if line.split(",")[place].isdigit()})


def erased(project, keys):
    file = project.parent / "keys"
    file.write_text("\n".join(keys))
    command = [ingot(), "erase", "--contract", "customers", "--keys-from", file, "--column", "customer_id", "--format", "json", "--quiet"]
    done = run(command, cwd=project)
    outcome = json.loads(done.output[done.output.index("["):])[0]
    rows = sum(place["rows"] for place in outcome["places"])
    files = sum(place["files"] for place in outcome["places"])
    print(f"{len(keys)} erased: {done.wall:.1f} s wall, {done.cpu:.1f} s CPU, {done.peak:.0f} MiB; {len(outcome['places'])} places, {rows} rows, {files} files")
    return done


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scale", nargs="?", type=float, default=1.0)
    parser.add_argument("--people", type=int, default=1000)
    parser.add_argument("--folder", type=Path)
    arguments = parser.parse_args()
    temporary = None if arguments.folder else tempfile.TemporaryDirectory()
    folder = arguments.folder or Path(temporary.name)
    project = folder / "retail"
    if not project.exists():
        folder.mkdir(parents=True, exist_ok=True)
        run([ingot(), "init", project])
        for window in (["--days", "700"], ["--start-date", "2024-12-01", "--days", "31"]):
            run([ingot(), "generate", "--scale", arguments.scale, *window, "--quiet"], cwd=project)
            run([ingot(), "load-bronze", "--quiet"], cwd=project)
            run([ingot(), "run-models", "--quiet"], cwd=project)
        run([ingot(), "publish", "--quiet"], cwd=project)
    keys = customers(project)
    chosen = random.Random(1).sample(keys, min(arguments.people + 1, len(keys)))
    print(f"scale {arguments.scale:g}: {len(keys)} customers, {size(project) / 1e9:.2f} GB; load {os.getloadavg()[0]:.1f}")
    one = erased(project, chosen[:1])
    many = erased(project, chosen[1:])
    print(f"{len(chosen) - 1} people take {many.wall / one.wall:.2f} times as long as one, {many.cpu / one.cpu:.2f} times the CPU")
    searched = subprocess.run([ingot(), "erase", "--verify"], cwd=project, input="no such text anywhere", capture_output=True, text=True)
    print(searched.stdout.strip())
    if arguments.scale >= 1 and one.wall > MOST_SECONDS and one.cpu > 2 * MOST_SECONDS:
        raise SystemExit(f"one person takes more than {MOST_SECONDS:.0f} s on two cores")
    if arguments.scale >= 1 and many.cpu / one.cpu > MOST_TIMES:
        raise SystemExit(f"many people take more than {MOST_TIMES:.0f} times as long as one")


if __name__ == "__main__":
    main()
