#!/bin/sh
# Builds the retail project twice over the same bronze, with dbt and with ingot, and compares what came out.
#
#   tests/oracle/compare_with_dbt.sh [INGOT] [LAKE...]
#
# INGOT is the binary (or $INGOT; default target/release/ingot), LAKE the lake to read (default lake/). Several
# lakes are one lake at several times, oldest first: each is built on top of what the one before left, so that the
# incremental models and the snapshots have work to do. Beside each lake may lie duckdb/warehouse.duckdb with
# bronze's manifest; both sides get a copy of that table.
# $ORACLE_VENV names a Python environment that has dbt-core 1.11, dbt-duckdb 1.11 and duckdb; without it
# one is made and thrown away. Each side gets its own copy of the project, so nothing here is touched.
# The last lake is built once more, when nothing is new, and once with --full-refresh.
# Exit code: 0 all equal, 1 a difference, 2 one side could not build.
set -eu

root=$(cd "$(dirname "$0")/../.." && pwd)
ingot=${1:-${INGOT:-$root/target/release/ingot}}
[ $# -eq 0 ] || shift
[ $# -gt 0 ] || set -- "$root/lake"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM

fail() {
    echo "compare_with_dbt: $1" >&2
    exit 2
}

command -v "$ingot" >/dev/null || fail "no binary at $ingot; run \`cargo build --release\` or name it"
case $ingot in
    */*) ingot=$(cd "$(dirname "$ingot")" && pwd)/$(basename "$ingot") ;;
esac
for lake in "$@"; do
    [ -d "$lake/bronze/parquet" ] || fail "no bronze in $lake; run \`ingot generate\` and \`ingot load-bronze\` first"
done

venv=${ORACLE_VENV:-}
if [ -z "$venv" ]; then
    venv=$work/venv
    python3 -m venv "$venv"
    "$venv/bin/pip" install --quiet "dbt-core<1.12" "dbt-duckdb==1.11.1" || fail "dbt could not be installed"
fi

for side in dbt ingot; do
    copy=$work/$side
    mkdir -p "$copy/tests" "$copy/duckdb"
    for part in dbt_project.yml profiles.yml models macros seeds snapshots analyses tests/data schemas; do
        [ ! -e "$root/$part" ] || cp -R "$root/$part" "$copy/$part"
    done
done

# The lake that both sides read from now on, and bronze's manifest of that time.
read_lake() {
    lake=$(cd "$1" && pwd)
    for side in dbt ingot; do
        # Bronze alone is shared: ingot writes silver and gold beside it.
        mkdir -p "$work/$side/lake"
        rm -f "$work/$side/lake/bronze"
        ln -s "$lake/bronze" "$work/$side/lake/bronze"
        "$venv/bin/python" "$root/tests/oracle/copy_manifest.py" \
            "$lake/../duckdb/warehouse.duckdb" "$work/$side/duckdb/warehouse.duckdb" || fail "the manifest of $lake could not be copied"
    done
}

export DBT_SEND_ANONYMOUS_USAGE_STATS=false
worst=0
build_and_compare() {
    name=$1
    shift
    (cd "$work/dbt" && "$venv/bin/dbt" --quiet build --profiles-dir . "$@") || fail "dbt build failed ($name)"
    (cd "$work/ingot" && "$ingot" run-models "$@" >"$work/ingot.log" 2>&1) || {
        cat "$work/ingot.log" >&2
        fail "ingot run-models failed ($name)"
    }
    echo "== $name"
    # Staging views read the lake by a path relative to the project.
    (cd "$work/dbt" && "$venv/bin/python" "$root/tests/oracle/compare_warehouses.py" \
        "$work/dbt/duckdb/warehouse.duckdb" "$work/ingot/duckdb/warehouse.duckdb") || worst=1
}

for lake in "$@"; do
    read_lake "$lake"
    build_and_compare "$lake"
done
build_and_compare "again, with nothing new"
build_and_compare "full refresh" --full-refresh
exit $worst
