"""What the benchmarks here have in common: a command's time, CPU and memory, and a throw-away venv for the tools that it is compared with.

Everything that is compared runs in one go on one machine, one after the other; compare the ratios, and CPU seconds before wall seconds
where the machine has other work.
"""

import os
import subprocess
import sys
import time
import venv
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent


@dataclass
class Run:
    wall: float
    """Seconds."""
    cpu: float
    """Seconds, user and system, of all threads and child processes."""
    peak: float
    """Resident memory at its most, in MiB."""
    output: str
    """All that it printed."""


def run(command, may_fail=False, **options):
    """Runs a command that must succeed, unless it may fail; its output is shown only if it does not."""
    started = time.monotonic()
    process = subprocess.Popen([str(part) for part in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **options)
    output = process.stdout.read().decode(errors="replace")
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0 and not may_fail:
        sys.exit(f"{command} ended with {process.returncode}:\n{output}")
    return Run(time.monotonic() - started, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, output)


def least(runs):
    """The least wall seconds, CPU seconds and peak MiB of several runs of a command."""
    return tuple(min(getattr(done, figure) for done in runs) for figure in ("wall", "cpu", "peak"))


def ingot():
    """The release binary, which must have been built."""
    target = Path(os.environ.get("CARGO_TARGET_DIR", PROJECT / "target"))
    binary = Path(os.environ.get("INGOT", target / "release" / "ingot"))
    if not binary.exists():
        sys.exit(f"{binary} is not there: run `cargo build --release`, or say where it is in INGOT")
    return binary


def python(*packages):
    """A Python that has these packages: that of BENCH_VENV, or of a venv made beside the benchmarks' scratch files."""
    folder = Path(os.environ.get("BENCH_VENV", PROJECT / "target" / "bench-venv"))
    if not (folder / "bin" / "python").exists():
        venv.create(folder, with_pip=True)
    interpreter = folder / "bin" / "python"
    subprocess.run([interpreter, "-m", "pip", "install", "--quiet", *packages], check=True)
    return interpreter


def size(folder, suffix=""):
    """Bytes of the files in a folder whose names end so."""
    return sum(path.stat().st_size for path in Path(folder).rglob(f"*{suffix}") if path.is_file())
