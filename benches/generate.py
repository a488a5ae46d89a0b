"""How fast `ingot generate` makes data, beside tpchgen-cli (CSV of TPC-H) and beside Python's Faker with pandas.

Usage: python3 benches/generate.py [SCALE]     (1 without it; needs a release build, and PyPI for the two others)

Megabytes a second of CPU are megabytes for each core and second. `ingot` writes CSV, JSON, Parquet, XLSX and Delta in 5,500 files, with
the ledger; all its bytes and all its CPU are counted. tpchgen-cli writes eight CSV files at TPC-H's scale factor of the same number.
"""

import re
import sys
import tempfile
from pathlib import Path

from measure import ingot, python, run, size, PROJECT

scale = float(sys.argv[1]) if len(sys.argv) > 1 else 1.0
interpreter = python("tpchgen-cli", "faker", "pandas")
print(f"{'':34}{'MB':>8}{'wall s':>9}{'CPU s':>9}{'MB/CPU s':>10}{'peak MiB':>10}")


def line(name, megabytes, measured):
    print(f"{name:34}{megabytes:8.0f}{measured.wall:9.2f}{measured.cpu:9.2f}{megabytes / measured.cpu:10.1f}{measured.peak:10.0f}")
    return megabytes / measured.cpu


def generated(folder, *flags):
    return run([ingot(), "generate", "--project-dir", PROJECT, "--out", folder, *flags])


def ours(scale, jobs):
    with tempfile.TemporaryDirectory() as folder:
        raw = Path(folder) / "raw"
        measured = generated(raw, "--scale", scale, "--jobs", jobs)
        return line(f"ingot, scale {scale:g}, {jobs} thread{'s' * (jobs > 1)}", size(raw) / 1e6, measured)


def tpch(threads):
    with tempfile.TemporaryDirectory() as folder:
        command = [interpreter.parent / "tpchgen-cli", "csv", "--scale-factor", scale, "--output-dir", folder, "--num-threads", threads]
        measured = run(command)
        return line(f"tpchgen-cli csv, {threads} thread{'s' * (threads > 1)}", size(folder) / 1e6, measured)


# Twice, in turns, so that neither has the quieter moments.
pairs = [(ours(scale, 1), tpch(1)), (ours(scale, 1), tpch(1))]
ours(scale, 2)
tpch(2)
ours(5 * scale, 2)

# Rows of two feeds whose forms are alike: customers and order lines.
with tempfile.TemporaryDirectory() as folder:
    rows = (8_000, 350_000)
    script = Path(__file__).with_name("generate_with_faker.py")
    faker = run([interpreter, script, *rows, folder])
    faker_megabytes = size(folder) / 1e6
    line("Faker and pandas, two of the feeds", faker_megabytes, faker)
with tempfile.TemporaryDirectory() as folder:
    raw = Path(folder) / "raw"
    measured = generated(raw, "--scale", 0.1, "--jobs", 1)
    line("ingot, all feeds, of that size", size(raw) / 1e6, measured)

rows_of_ingot = int(re.search(r"([\d,]+) rows, ", measured.output)[1].replace(",", ""))

print()
print("megabytes for each core, ingot to tpchgen-cli:", ", ".join(f"{mine / other:.2f}" for mine, other in pairs))
print(f"rows a second of CPU, ingot to Faker and pandas: {(rows_of_ingot / measured.cpu) / (sum(rows) / faker.cpu):.0f}")
