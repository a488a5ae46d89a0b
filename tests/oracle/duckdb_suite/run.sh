#!/usr/bin/env bash
# Runs dbt-duckdb's functional tests with ingot in dbt's place. They are in its repository and not on PyPI:
#
#     git clone --depth 1 --branch 1.11.0 https://github.com/duckdb/dbt-duckdb
#     DBT_DUCKDB=dbt-duckdb INGOT=target/release/ingot tests/oracle/duckdb_suite/run.sh [words for pytest]
#
# Without INGOT dbt itself is tested; with SUITE_RECORD results are kept in that file. ORACLE_VENV as in
# tests/oracle/run.sh.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
python=${ORACLE_VENV:-${TMPDIR:-/tmp}/ingot-oracle-venv}/bin/python
if [ -n "${INGOT:-}" ]; then
  INGOT=$(realpath "$INGOT")
  export INGOT
fi
cd "${DBT_DUCKDB:?a checkout of dbt-duckdb}"
PYTHONPATH=$here exec "$python" -m pytest -p duckdb_suite -p no:cacheprovider -q -W ignore --tb=short --show-capture=stdout --profile file "${@:-tests/functional}"
