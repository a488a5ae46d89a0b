#!/usr/bin/env bash
# Runs dbt-core's functional tests with ingot in dbt's place. They are in dbt-core's repository and not on PyPI:
#
#     git clone --depth 1 --branch v1.11.14 https://github.com/dbt-labs/dbt-core
#     DBT_CORE=dbt-core INGOT=target/release/ingot tests/oracle/core_suite/run.sh [words for pytest]
#
# Without INGOT dbt itself is tested; with SUITE_RECORD results are kept in that file, and `count.py` makes a table of
# them. ORACLE_VENV as in tests/oracle/run.sh.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
python=${ORACLE_VENV:-${TMPDIR:-/tmp}/ingot-oracle-venv}/bin/python
if [ -n "${INGOT:-}" ]; then
  INGOT=$(realpath "$INGOT")
  export INGOT
fi
cd "${DBT_CORE:?a checkout of dbt-core}"
PYTHONPATH=$here exec "$python" -m pytest -p core_suite -p no:cacheprovider -q -W ignore --tb=short --show-capture=stdout "${@:-tests/functional}"
