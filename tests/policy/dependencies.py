#!/usr/bin/env python3
"""Checks the dependency tree: what cargo-deny (bans, licenses, sources of deny.toml) and cargo-machete check.

It needs Python 3.11 and cargo, and neither network nor a build. Errors: a licence that deny.toml does not allow, a
source other than crates.io, a dependency that no source file of its crate names. Crates in several versions are listed.

    python3 tests/policy/dependencies.py
"""

import collections
import json
import pathlib
import re
import subprocess
import sys
import tomllib

ROOT = pathlib.Path(__file__).resolve().parents[2]


def accepted(expression, allowed):
    """Whether an SPDX expression can be fulfilled with licences of the set `allowed`.

    Licences become True or False and the rest is Python's own `and` and `or`. The slash of old crates means `or`.
    """
    expression = expression.replace("/", " OR ")
    parts = re.findall(r"\(|\)|\bAND\b|\bOR\b|[\w.+-]+(?:\s+WITH\s+[\w.+-]+)?", expression)
    words = {"AND": "and", "OR": "or", "(": "(", ")": ")"}
    return bool(eval(" ".join(words.get(part) or str(" ".join(part.split()) in allowed) for part in parts)))


def unused(package, libraries):
    """The dependencies of a package of ours that no Rust file of it names, but for those that its manifest excuses
    as cargo-machete wants it. `libraries`: package name -> crate name."""
    excused = ((package["metadata"] or {}).get("cargo-machete") or {}).get("ignored", [])
    folder = pathlib.Path(package["manifest_path"]).parent
    others = [ROOT / "crates", ROOT / "target"] if folder == ROOT else []
    texts = []
    for file in folder.rglob("*.rs"):
        if not any(other in file.parents for other in others):
            texts.append(file.read_text(encoding="utf-8"))
            # A test binary takes files of other crates by path, with what they use.
            for path in re.findall(r'#\[path = "(.*?)"\]', texts[-1]):
                texts.append((file.parent / path).read_text(encoding="utf-8"))
    text = "\n".join(texts)
    for dependency in package["dependencies"]:
        name = dependency["rename"] or libraries.get(dependency["name"], dependency["name"])
        name = name.replace("-", "_")
        if dependency["name"] not in excused and not re.search(rf"\b{name}\b", text):
            yield dependency["name"]


def main():
    metadata = json.loads(
        subprocess.run(
            ["cargo", "metadata", "--format-version", "1", "--locked"], cwd=ROOT, check=True, stdout=subprocess.PIPE
        ).stdout
    )
    rules = tomllib.loads((ROOT / "deny.toml").read_text(encoding="utf-8"))
    allowed = set(rules["licenses"]["allow"])
    registries = {f"registry+{address}" for address in rules["sources"]["allow-registry"]}
    members = set(metadata["workspace_members"])
    # `md-5` is the crate `md5`.
    libraries = {
        package["name"]: target["name"]
        for package in metadata["packages"]
        for target in package["targets"]
        if {"lib", "proc-macro"} & set(target["kind"])
    }

    errors, versions, needed = [], collections.defaultdict(set), set()
    for package in metadata["packages"]:
        name = f"{package['name']} {package['version']}"
        versions[package["name"]].add(package["version"])
        if package["id"] in members:
            errors += [f"{package['name']}: the dependency '{one}' is not used" for one in unused(package, libraries)]
        elif package["source"] not in registries:
            errors.append(f"{name}: its source {package['source']} is not allowed")
        if not package["license"] or not accepted(package["license"], allowed):
            errors.append(f"{name}: its licence {package['license']} is not allowed by deny.toml")
        needed.update(one for one in allowed if one in (package["license"] or ""))
    errors += [f"deny.toml allows {one}, which no crate has" for one in sorted(allowed - needed)]

    several = {name: found for name, found in versions.items() if len(found) > 1}
    print(f"{len(metadata['packages'])} crates; in several versions (allowed): {', '.join(sorted(several))}")
    for error in errors:
        print(f"error: {error}", file=sys.stderr)
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main())
