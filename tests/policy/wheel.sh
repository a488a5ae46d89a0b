#!/usr/bin/env bash
# Builds the wheel from the release build that is there (the same profile and features, so DuckDB is not compiled
# again), installs it into a fresh environment, and runs it there.
#
#   tests/policy/wheel.sh [MATURIN]
set -euo pipefail
cd "$(dirname "$0")/../.."
maturin=${1:-maturin}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# The tag of the machine's own libc: what the release workflow builds in a manylinux image is checked there.
"$maturin" build --release --locked --compatibility linux --out "$scratch/wheels"
python3 -m venv "$scratch/venv"
"$scratch/venv/bin/pip" install --quiet --no-index "$scratch"/wheels/*.whl
cd "$scratch"
venv/bin/ingot --version
venv/bin/ingot demo --scale 0.001 shop >demo.txt || { cat demo.txt; exit 1; }
grep 'All of it in' demo.txt
ls -l wheels
