#!/bin/sh
# Builds the retail project twice over the same bronze, with dbt and with ingot, and compares what came out.
#
#   tests/oracle/compare_with_dbt.sh [INGOT] [LAKE]
#
# INGOT is the binary (or $INGOT; default target/release/ingot), LAKE the lake to read (default lake/).
# $ORACLE_VENV names a Python environment that has dbt-core 1.11, dbt-duckdb 1.11 and duckdb; without it
# one is made and thrown away. Each side gets its own copy of the project, so nothing here is touched.
# Both build twice: from nothing, then once more, when the incremental models find their tables there.
# Exit code: 0 all equal, 1 a difference, 2 one side could not build.
set -eu

root=$(cd "$(dirname "$0")/../.." && pwd)
ingot=${1:-${INGOT:-$root/target/release/ingot}}
lake=${2:-$root/lake}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM

fail() {
    echo "compare_with_dbt: $1" >&2
    exit 2
}

[ -d "$lake/bronze/parquet" ] || fail "no bronze in $lake; run \`ingot generate\` and \`ingot load-bronze\` first"
lake=$(cd "$lake" && pwd)
command -v "$ingot" >/dev/null || fail "no binary at $ingot; run \`cargo build --release\` or name it"
case $ingot in
    */*) ingot=$(cd "$(dirname "$ingot")" && pwd)/$(basename "$ingot") ;;
esac

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
    ln -s "$lake" "$copy/lake"
done

export DBT_SEND_ANONYMOUS_USAGE_STATS=false
worst=0
for pass in "from nothing" "again"; do
    (cd "$work/dbt" && "$venv/bin/dbt" --quiet build --profiles-dir .) || fail "dbt build failed ($pass)"
    (cd "$work/ingot" && "$ingot" run-models >"$work/ingot.log" 2>&1) || {
        cat "$work/ingot.log" >&2
        fail "ingot run-models failed ($pass)"
    }
    echo "== $pass"
    # Staging views read the lake by a path relative to the project.
    (cd "$work/dbt" && "$venv/bin/python" "$root/tests/oracle/compare_warehouses.py" \
        "$work/dbt/duckdb/warehouse.duckdb" "$work/ingot/duckdb/warehouse.duckdb") || worst=1
done
exit $worst
