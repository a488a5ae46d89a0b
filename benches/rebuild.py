"""Seconds from a one-line edit in a crate to the binary, and to that crate's tests passed.

    CARGO_INCREMENTAL=1 python benches/rebuild.py [crate ...]

Each edit adds a letter to a message of the crate, so that code is really generated again. Needs cargo-nextest and a
checkout without changes in the edited files, which are put back at the end.
"""

import os
import pathlib
import re
import resource
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
CRATES = ["core", "jinja", "bronze", "models", "generate"]
MESSAGE = re.compile(r'^ +(?!//|#).*"([a-z]+ [a-z]+ [a-z ]{8,})"', re.MULTILINE)


def edited(crate: str) -> tuple[pathlib.Path, str]:
    """The first file of the crate with a plain message, and that message."""
    for file in sorted((ROOT / "crates" / crate / "src").rglob("*.rs")):
        found = MESSAGE.search(file.read_text().split("#[cfg(test)]")[0])
        if found:
            return file, found.group(1)
    sys.exit(f"no message to edit in crates/{crate}")


def seconds(*command: str) -> tuple[float, float]:
    """Wall and CPU seconds of a command that must succeed or only fail on the edited message."""
    begun, before = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if ended.returncode not in (0, 100):
        sys.exit(f"{' '.join(command)} failed:\n{ended.stderr[-3000:]}")
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return time.monotonic() - begun, cpu


def main() -> None:
    for crate in sys.argv[1:] or CRATES:
        file, message = edited(crate)
        original = file.read_text()
        build = ("cargo", "build", "--release", "--bin", "ingot")
        test = ("cargo", "nextest", "run", "--release", "-p", f"ingot-{crate}")
        try:
            seconds(*build)
            seconds(*test, "--no-run")
            file.write_text(original.replace(message, message + " x", 1))
            binary = seconds(*build)
            file.write_text(original.replace(message, message + " y", 1))
            tests = seconds(*test, "--no-fail-fast")
        finally:
            file.write_text(original)
        print(
            f"{crate:9} binary {binary[0]:6.1f} s ({binary[1]:.1f} CPU), tests {tests[0]:6.1f} s ({tests[1]:.1f} CPU)",
            flush=True,
        )


if __name__ == "__main__":
    main()
