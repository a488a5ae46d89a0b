#!/usr/bin/env bash
# Compares what ingot does with what other tools say, on the project's own demo data. Needs Python 3.10 or later and PyPI; where there is none it says so
# and leaves the comparisons out. ORACLE_PYTHON names a Python that has the packages already.
set -euo pipefail
cd "$(dirname "$0")/../.."

if [ -z "${ORACLE_PYTHON:-}" ]; then
  if ! command -v python3 >/dev/null; then
    echo "LEFT OUT: no python3 on this machine, so nothing is compared with dbt, pyarrow and deltalake"
    exit 0
  fi
  venv=${TMPDIR:-/tmp}/ingot-oracle-venv
  if [ ! -x "$venv/bin/dbt" ]; then
    python3 -m venv "$venv" &&
      "$venv/bin/pip" install --quiet "dbt-core<1.12" "dbt-duckdb==1.11.1" pyarrow deltalake "open-data-contract-standard==3.1.*" jsonschema pyyaml ||
      { echo "LEFT OUT: the packages could not be installed, so nothing is compared with dbt, pyarrow and deltalake"; exit 0; }
  fi
  ORACLE_PYTHON=$venv/bin/python
fi
export ORACLE_PYTHON

echo "-- contracts against the JSON schema of ODCS v3.1"
"$ORACLE_PYTHON" tests/oracle/contracts.py
