#!/usr/bin/env python3
"""Checks that DuckDB, arrow, parquet and deltalake are compiled once, whichever crate of the workspace one builds or tests.

Cargo enables the features that the crates ask for which are built together, so where one crate asks for more than another,
`cargo test -p` of the other compiles these libraries, and what is below them, once more: ten minutes and longer. The remedy is a
line in crates/lake/Cargo.toml, which names such features for all. Needs cargo, and no network.
"""

import json
import subprocess
import sys

SLOW = ("deltalake", "duckdb")


def cargo(*arguments):
    return subprocess.run(["cargo", *arguments, "--offline"], check=True, capture_output=True, text=True).stdout


def tree(*of):
    """Package and version -> the sets of features that it is compiled with: more than one if a compiler plug-in needs it too."""
    lines = cargo("tree", *of, "--edges", "normal,dev", "--format", "{p}|{f}", "--prefix", "none").splitlines()
    found = {}
    for line in lines:
        if "|" in line:
            package, features = line.removesuffix(" (*)").split("|")
            found.setdefault(package, set()).add(features)
    return found


def main():
    members = [package["name"] for package in json.loads(cargo("metadata", "--no-deps", "--format-version", "1"))["packages"]]
    together = tree("--workspace")
    slow = {}
    for library in SLOW:
        slow |= tree("--package", library)
    found = 0
    for member in members:
        alone = tree("--package", member)
        if not any(package.split()[0] == library for package in alone for library in SLOW):
            continue
        for package, features in alone.items():
            more = features - together.get(package, set()) if package in slow else set()
            for only in more:
                found += 1
                print(f"{member} alone builds {package} with [{only}], the workspace with {sorted(together[package])}")
    if found:
        sys.exit("name the missing features in crates/lake/Cargo.toml, as it says there")
    print("DuckDB, arrow, parquet and deltalake have the same features in every crate")


main()
