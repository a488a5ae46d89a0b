"""How long gold takes to reach Power BI: publishing it, and the queries of the report's first page.

    python powerbi.py INGOT PROJECT [--limit SECONDS]

PROJECT is built already (`ingot generate --scale 1`, `load-bronze`, `run-models`). Every visual of a page asks one query (a
table with a total two); the time is that of all of them one after the other, the best of three runs. Ends with 1 if those of
the first page take longer than the limit [1].
"""

import argparse
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import time


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("ingot", type=pathlib.Path)
    parser.add_argument("project", type=pathlib.Path)
    parser.add_argument("--limit", type=float, default=1.0)
    arguments = parser.parse_args()
    ingot = arguments.ingot.resolve()

    def run(*command):
        began = time.perf_counter()
        done = subprocess.run([ingot, *command], cwd=arguments.project, check=True, capture_output=True, text=True)
        return time.perf_counter() - began, done.stdout + done.stderr

    with tempfile.TemporaryDirectory() as place:
        seconds, _ = run("publish", "--to", place)
        (manifest,) = pathlib.Path(place).glob("*.json")
        published = json.loads(manifest.read_text(encoding="utf-8"))
        rows = sum(table["rows"] for table in published["tables"])
        print(f"publish: {len(published['tables'])} tables, {rows:,} rows, {published['bytes'] / 1e6:.1f} MB in {seconds:.2f} s")
        warehouse = pathlib.Path(place, published["file"])
        pages = {}
        for _ in range(3):
            _, printed = run("powerbi", "preview", "--warehouse", warehouse, "--out", pathlib.Path(place, "out.html"))
            for name, visuals, read in re.findall(r"(.+): (\d+) visuals, read in ([\d.]+) s", printed):
                best = pages.get(name, (0, float("inf")))[1]
                pages[name] = (int(visuals), min(best, float(read)))
    for name, (visuals, read) in pages.items():
        print(f"{name}: {visuals} visuals in {read:.2f} s")
    first = next(iter(pages.values()))[1]
    if first > arguments.limit:
        print(f"the first page takes {first:.2f} s, more than {arguments.limit} s")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
