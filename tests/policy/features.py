#!/usr/bin/env python3
"""Checks that DuckDB, arrow, parquet and deltalake are compiled once, whichever crate of the workspace one builds or tests.

Cargo enables the features that the crates ask for which are built together, so where one crate asks for more than another,
`cargo test -p` of the other compiles these libraries, and what is below them, once more: ten minutes and longer. The remedy is a
line in crates/lake/Cargo.toml, which names such features for all. Needs cargo, and no network.

What cargo would compile is its unit graph. `cargo tree` is not asked: where a library is needed both by the program and by a
compiler plug-in, it shows one of the two sets of features, and which one depends on the crate it begins with.
"""

import json
import os
import subprocess
import sys

SLOW = ("deltalake", "duckdb")
# The option that prints the graph is not stable, and a stable cargo takes it with this variable. Nothing is compiled.
UNSTABLE = {**os.environ, "RUSTC_BOOTSTRAP": "1"}


def package(unit):
    """`name version`, from `registry+https://…#name@version` or `path+file:///…/name#version`."""
    place, _, name = unit["pkg_id"].partition("#")
    return name.replace("@", " ") if "@" in name else f"{place.rsplit('/', 1)[1]} {name}"


def below_slow(*of):
    """What is compiled for the slow libraries, them included: package, features, kind (library, build script, …), mode."""
    command = ["cargo", "test", "--release", *of, "--no-run", "--unit-graph", "-Z", "unstable-options", "--offline"]
    graph = json.loads(subprocess.run(command, check=True, capture_output=True, text=True, env=UNSTABLE).stdout)
    units = graph["units"]
    found = set()
    waiting = [index for index, unit in enumerate(units) if package(unit).split()[0] in SLOW]
    seen = set(waiting)
    while waiting:
        unit = units[waiting.pop()]
        found.add((package(unit), ",".join(unit["features"]), unit["target"]["kind"][0], unit["mode"]))
        more = {dependency["index"] for dependency in unit["dependencies"]} - seen
        seen |= more
        waiting += more
    return found


def main():
    members = [member["name"] for member in json.loads(
        subprocess.run(["cargo", "metadata", "--no-deps", "--format-version", "1", "--offline"],
                       check=True, capture_output=True, text=True).stdout)["packages"]]
    together = below_slow("--workspace")
    if not together:
        sys.exit(f"nothing in the workspace needs {' or '.join(SLOW)}: this check looks for other names than it should")
    found = 0
    for member in members:
        for name, features, _, _ in sorted(below_slow("--package", member) - together):
            found += 1
            wanted = sorted(f"[{other}]" for what, other, _, _ in together if what == name)
            print(f"{member} alone builds {name} with [{features}], the workspace with {' and '.join(wanted)}")
    if found:
        sys.exit("name the missing features in crates/lake/Cargo.toml, as it says there")
    print("DuckDB, arrow, parquet and deltalake have the same features in every crate")


main()
