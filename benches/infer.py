"""Speed of `ingot contract infer` beside `ingot load-bronze` over the same files; fails if inference takes more than twice as long.

    benches/infer.py [MEGABYTES] [--large GIGABYTES]     (100 without it; needs a release build, and PyPI)

The files are those of newcomer_files.py: CSV in several dialects, JSON lines, JSON, Parquet and Excel. Both commands read all rows; a load
also checks them against contracts and writes Parquet and the Delta log. With --large, one CSV file of that size is inferred as well, and
the peak of memory must stay under 700 MiB: hashes of keys are kept, and of nothing else all.
"""

import argparse
import os
import sys
import tempfile
from pathlib import Path

from measure import ingot, least, python, run, size

PEAK = 700
"""MiB."""


def line(name, megabytes, figures):
    wall, cpu, peak = figures
    print(f"{name:26}{megabytes:8.0f}{wall:9.2f}{cpu:9.2f}{megabytes / cpu:10.1f}{peak:10.0f}", flush=True)


def large(file, gigabytes):
    """Keys that count, keys that do not, few values, amounts, days and times."""
    rows = int(gigabytes * 1e9 / 100)
    with open(file, "w", encoding="utf-8") as out:
        out.write("id,code,country,amount,day,at,note\n")
        for row in range(rows):
            mixed = row * 0x9E3779B97F4A7C15 % 2**64
            out.write(f"{row},{mixed:016x},{'ATDEFRIT'[row % 4 * 2:][:2]},{mixed % 1000000 / 100:.2f},2025-{row % 12 + 1:02}-{row % 28 + 1:02},"
                      f"2025-01-01T{row % 24:02}:{row % 60:02}:00Z,note {mixed % 9973} of no meaning\n")


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("megabytes", nargs="?", type=float, default=100)
    arguments.add_argument("--large", type=float, metavar="GIGABYTES")
    arguments = arguments.parse_args()
    interpreter = python("pyarrow", "xlsxwriter")
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        exports, project = folder / "exports", folder / "shop"
        run([interpreter, Path(__file__).parent / "newcomer_files.py", exports, arguments.megabytes])
        megabytes = size(exports) / 1e6
        print(f"{'':26}{'MB':>8}{'wall s':>9}{'CPU s':>9}{'MB/CPU s':>10}{'peak MiB':>10}")
        inferred = least([run([ingot(), "contract", "infer", exports, "--out", "-"]) for _ in range(3)])
        line("contract infer", megabytes, inferred)
        run([ingot(), "init", project, "--from", exports])
        loads = [
            run([ingot(), "load-bronze", "--project-dir", project, "--lake", folder / f"lake-{place}",
                 "--manifest", folder / f"warehouse-{place}.duckdb"])
            for place in range(3)
        ]
        loaded = least(loads)
        line("load-bronze", megabytes, loaded)
        print(f"inference takes {inferred[1] / loaded[1]:.2f} of a load's CPU and {inferred[0] / loaded[0]:.2f} of its time")
        if inferred[1] > 2 * loaded[1]:
            sys.exit("inference takes more than twice the CPU of a load")
        if arguments.large:
            file = folder / "large.csv"
            large(file, arguments.large)
            figures = least([run([ingot(), "contract", "infer", file, "--out", "-"])])
            line("contract infer, one file", os.path.getsize(file) / 1e6, figures)
            if figures[2] > PEAK:
                sys.exit(f"memory is not flat: {figures[2]:.0f} MiB, where {PEAK} are allowed")


main()
