#!/bin/sh
# Megabytes of CSV a second of CPU: `ingot generate` against tpchgen-cli, on this machine, in this run.
# Needs tpchgen-cli on the PATH (cargo install tpchgen-cli, or pip install tpchgen-cli), and GNU or bash `time`.
# Usage: benches/generate-tpchgen.sh [SCALE]
set -eu
scale="${1:-0.3}"
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
cd "$(dirname "$0")/.."

echo "tpchgen-cli, one thread, CSV:"
( TIMEFORMAT='%U s user, %S s system, %R s real'; export TIMEFORMAT
  bash -c "time tpchgen-cli csv --scale-factor $scale --output-dir '$folder/tpch' --num-threads 1 >/dev/null" )
du -sb "$folder/tpch" | awk '{ printf "%.0f MB\n", $1 / 1e6 }'

echo "ingot generate, one thread, every feed in its own form:"
cargo bench --quiet --bench generate -- "$scale" 1 | tail -n 1
