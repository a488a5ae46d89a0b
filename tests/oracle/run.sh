#!/usr/bin/env bash
# Compares what ingot does with what other tools say, on the demo's data in this folder (`ingot demo` first). Needs Python 3.10 or later and PyPI;
# where there is none it says so and leaves the comparisons out. ORACLE_VENV names an environment that has the packages already.
set -euo pipefail
cd "$(dirname "$0")/../.."
ingot=${INGOT:-${CARGO_TARGET_DIR:-target}/release/ingot}

if [ -z "${ORACLE_VENV:-}" ]; then
  if ! command -v python3 >/dev/null; then
    echo "LEFT OUT: no python3 on this machine, so nothing is compared with dbt, pyarrow and deltalake"
    exit 0
  fi
  ORACLE_VENV=${TMPDIR:-/tmp}/ingot-oracle-venv
  if [ ! -e "$ORACLE_VENV/complete-2" ]; then
    if python3 -m venv "$ORACLE_VENV" && "$ORACLE_VENV/bin/pip" install --quiet "dbt-core<1.12" "dbt-duckdb==1.11.1" \
        pyarrow deltalake "open-data-contract-standard==3.1.*" jsonschema pyyaml "jinja2==3.1.6" pytz dbt-tests-adapter pytest pytest-xdist; then
      touch "$ORACLE_VENV/complete-2"
    else
      echo "LEFT OUT: the packages could not be installed, so nothing is compared with dbt, pyarrow and deltalake"
      exit 0
    fi
  fi
fi
export ORACLE_VENV
python=$ORACLE_VENV/bin/python

echo "-- contracts against the JSON schema of ODCS v3.1"
"$python" tests/oracle/contracts.py
echo "-- the YAML files of this repository against the schemas for editors"
"$python" tests/oracle/editor_schemas.py "$ingot"
echo "-- the example contracts of the standard's repository, as datacontract-cli lints them"
if [ -d "${ODCS_EXAMPLES:-}" ] && [ -x "${DATACONTRACT:-}" ]; then
  "$python" tests/oracle/contracts_of_others.py "$ingot" "$DATACONTRACT" "$ODCS_EXAMPLES"
else
  echo "LEFT OUT: ODCS_EXAMPLES names docs/examples of the standard's repository, DATACONTRACT the command of datacontract-cli"
fi
echo "-- events of the audit trail as OpenLineage's schemas and client read them"
packages=${TMPDIR:-/tmp}/ingot-oracle-lineage
if [ -d "$packages/openlineage" ] || "$python" -m pip install --quiet --target "$packages" openlineage-python jsonschema; then
  PYTHONPATH=$packages "$python" tests/oracle/open_lineage.py "$ingot" ${OPENLINEAGE_SPEC:+"$OPENLINEAGE_SPEC"}
else
  echo "LEFT OUT: openlineage-python could not be installed"
fi
echo "-- every table as of every day, and what was restated, against copies of each day"
"$python" tests/oracle/as_of.py "$ingot" 12
echo "-- no byte of what a role may not read is in its file"
"$python" tests/oracle/roles.py "$ingot"
echo "-- a tested state is promoted in seconds and without space"
"$python" tests/oracle/promote.py "$ingot"
echo "-- Unity Catalog resources of a domain as python-hcl2 reads them"
packages=${TMPDIR:-/tmp}/ingot-oracle-hcl
if [ -d "$packages/hcl2" ] || "$python" -m pip install --quiet --target "$packages" python-hcl2; then
  PYTHONPATH=$packages "$python" tests/oracle/terraform.py "$ingot"
else
  echo "LEFT OUT: python-hcl2 could not be installed"
fi
echo "-- people who are erased, looked for in every byte of every file by a search of its own"
packages=${TMPDIR:-/tmp}/ingot-oracle-erasure
if [ -d "$packages/ahocorasick_rs" ] || "$python" -m pip install --quiet --target "$packages" ahocorasick_rs; then
  PYTHONPATH=$packages "$python" tests/oracle/erasure.py "$ingot" --people 20 --scale 0.002 --kills 1
else
  echo "LEFT OUT: ahocorasick_rs could not be installed"
fi
echo "-- ingot mcp as the client of the protocol's own Python package sees it"
packages=${TMPDIR:-/tmp}/ingot-oracle-mcp
if [ -d "$packages/mcp" ] || "$python" -m pip install --quiet --target "$packages" mcp; then
  PYTHONPATH=$packages "$python" tests/oracle/mcp_client.py . "$ingot"
else
  echo "LEFT OUT: the package mcp could not be installed"
fi
echo "-- CSV files as Python's csv module, DuckDB and ingot read them"
"$python" tests/oracle/csv_readers.py "$ingot"
echo "-- dates, times and numbers in the forms of other places as Python and DuckDB read them"
"$python" tests/oracle/value_forms.py "$ingot"
echo "-- projects inferred from files as pandas, pyarrow and DuckDB write them"
packages=${TMPDIR:-/tmp}/ingot-oracle-own
if [ -d "$packages/pandas" ] || "$python" -m pip install --quiet --target "$packages" pandas XlsxWriter jsonschema pyyaml duckdb pyarrow; then
  PYTHONPATH=$packages "$python" tests/oracle/own_data.py "$ingot" ${ODCS_SCHEMA:+"$ODCS_SCHEMA"}
else
  echo "LEFT OUT: pandas could not be installed"
fi
echo "-- what other tools lose of CSV files that ingot keeps as they are"
others=${TMPDIR:-/tmp}/ingot-oracle-inference
if [ -d "$others/csvkit" ] || "$python" -m pip install --quiet --target "$others" csvkit "dlt[duckdb]" pandas pyyaml; then
  PYTHONPATH=$others "$python" tests/oracle/inference_of_others.py "$ingot"
else
  echo "LEFT OUT: csvkit and dlt could not be installed"
fi
echo "-- every type of Arrow in Parquet, read back from the lake"
"$python" tests/oracle/nested_types.py "$ingot"
echo "-- the expected answers of the Jinja cases against Python's jinja2"
"$python" tests/oracle/jinja_cases.py --check
echo "-- Delta tables of every feature, followed, as deltalake and pyarrow read them from bronze"
"$python" tests/oracle/delta_sources.py "$ingot"
echo "-- a lake in a bucket: loaders killed at random, answers lost, read by pyarrow and deltalake; what is refused"
packages=${TMPDIR:-/tmp}/ingot-oracle-bucket
if [ -d "$packages/moto" ] || "$python" -m pip install --quiet --target "$packages" "moto[server]"; then
  PYTHONPATH=$packages "$python" tests/oracle/object_store.py "$ingot" --kills 8 --files 160
else
  echo "LEFT OUT: moto[server] could not be installed"
fi
echo "-- ingot lake on tables of deltalake: versions, restore, optimize and vacuum"
"$python" tests/oracle/lake_operations.py "$ingot"
echo "-- both sides of bronze as pyarrow and deltalake read them"
"$python" tests/oracle/read_bronze.py lake duckdb/warehouse.duckdb
echo "-- the copies of silver and gold in the lake against the warehouse"
"$python" tests/oracle/read_copies.py lake duckdb/warehouse.duckdb
echo "-- every measure of the Power BI project by an independent DAX engine against SQL"
packages=${TMPDIR:-/tmp}/ingot-oracle-pbix
if [ -d "$packages/pbix_mcp" ] || "$python" -m pip install --quiet --target "$packages" pbix-mcp duckdb; then
  PYTHONPATH=$packages "$python" tests/oracle/powerbi_measures.py duckdb/warehouse.duckdb analytics "$ingot"
else
  echo "LEFT OUT: pbix-mcp could not be installed"
fi
echo "-- the Power BI project by independent readers of TMDL, DAX and PBIR"
packages=${TMPDIR:-/tmp}/ingot-oracle-powerbi
if [ -d "$packages/pbir_utils" ] || "$python" -m pip install --quiet --target "$packages" powerbi-tmdl-tools pbi-parsers pbir-utils; then
  PYTHONPATH=$packages "$python" tests/oracle/powerbi_readers.py analytics
else
  echo "LEFT OUT: powerbi-tmdl-tools, pbi-parsers and pbir-utils could not be installed"
fi
echo "-- the preview of the Power BI report, laid out by Chromium"
chromium=$(command -v chromium || command -v chromium-browser || command -v google-chrome || true)
if [ -z "$chromium" ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  (apt-get update -qq && apt-get install -y -qq chromium) >/dev/null 2>&1 || true
  chromium=$(command -v chromium || true)
fi
if [ -n "$chromium" ]; then
  "$ingot" powerbi preview --quiet --out target/preview-in-browser.html
  "$python" tests/oracle/powerbi_preview.py "$chromium" target/preview-in-browser.html
else
  echo "LEFT OUT: there is no Chromium, so nobody looks at the preview of the report"
fi
echo "-- the M expressions of the Power BI project by Microsoft's parser"
packages=${TMPDIR:-/tmp}/ingot-oracle-m
if [ -d "$packages/node_modules" ] || npm install --silent --prefix "$packages" @microsoft/powerquery-parser; then
  NODE_PATH=$packages/node_modules node tests/oracle/powerbi_m.cjs analytics
else
  echo "LEFT OUT: @microsoft/powerquery-parser could not be installed"
fi
echo "-- where values came from: rows of bronze are taken away, and the models built again"
"$python" tests/oracle/why_cells.py . --ingot "$ingot" --cells 18
echo "-- verdicts of a rehearsal against each defect planted alone, by hand"
"$python" tests/oracle/rehearsal.py . --ingot "$ingot" --verdicts 4
echo "-- the published file through DuckDB's ODBC driver"
if [ -f "${DUCKDB_ODBC:-}" ]; then
  packages=${TMPDIR:-/tmp}/ingot-oracle-odbc
  [ -d "$packages/duckdb" ] || "$python" -m pip install --quiet --target "$packages" "pyodbc==5.1.*" duckdb
  "$ingot" publish --quiet --to "$packages/published"
  PYTHONPATH=$packages "$python" tests/oracle/odbc_client.py "$DUCKDB_ODBC" "$packages"/published/*.duckdb analytics
else
  echo "LEFT OUT: DUCKDB_ODBC names libduckdb_odbc.so of DuckDB's ODBC driver, which no package registry has"
fi
echo "-- the JSON files of the Power BI project against Microsoft's schemas"
if [ -d "${MICROSOFT_SCHEMAS:-}" ]; then
  "$python" tests/oracle/powerbi_schemas.py analytics "$MICROSOFT_SCHEMAS"
else
  echo "LEFT OUT: MICROSOFT_SCHEMAS names a clone of github.com/microsoft/json-schemas"
fi
for version in 1.4 1.5; do
  echo "-- the warehouse opened by DuckDB $version, as drivers of its age would"
  packages=${TMPDIR:-/tmp}/ingot-oracle-duckdb-$version
  if [ -d "$packages/duckdb" ] || "$python" -m pip install --quiet --target "$packages" "duckdb==$version.*"; then
    PYTHONPATH=$packages "$python" tests/oracle/open_with_duckdb.py duckdb/warehouse.duckdb
  else
    echo "LEFT OUT: DuckDB $version could not be installed"
  fi
done
echo "-- the retail project under dbt and under ingot, full and incremental"
sh tests/oracle/compare_with_dbt.sh "$ingot" lake
echo "-- random seeds as dbt's agate_helper reads them, and as ingot loads them"
"$python" tests/oracle/seeds.py "$ingot"
echo "-- some three thousand forms of YAML as PyYAML reads them, and as ingot does"
"$python" tests/oracle/yaml_forms.py "$ingot"
echo "-- the types of properties and configs against dbt's classes, and what dbt refuses by them"
"$python" tests/oracle/dbt_schemas.py
"$python" tests/oracle/refusals.py --every 3
echo "-- small projects under dbt and under ingot: statuses, rows, compiled SQL, artifacts"
"$python" tests/oracle/dbt_projects.py --ingot "$ingot"
echo "-- random projects as dbt builds them"
"$python" tests/oracle/random_projects.py --ingot "$ingot" --projects 3
bash tests/oracle/spark.sh "$ingot" sail
echo "-- packages of a hub, repositories and archives as dbt installs and locks them"
"$python" tests/oracle/deps.py --ingot "$ingot"
echo "-- dbt's own tests for adapters, with ingot in dbt's place"
INGOT=$ingot "$python" -m pytest tests/oracle/adapter_suite -q -W ignore --tb=short -n 2 -p no:cacheprovider
echo "-- each section of the runbook: the damage, its commands, and that all is back"
"$python" tests/oracle/runbook.py "$ingot"
echo "-- soak tests in their short form: kills, damage, random windows, a full disk, daily increments"
"$python" tests/soak/kills.py "$ingot" --kills 60
"$python" tests/soak/flips.py "$ingot" --flips 60 --losses 15
"$python" tests/soak/windows.py "$ingot" --windows 8
"$python" tests/soak/full_disk.py "$ingot"
"$python" tests/soak/year.py "$ingot" --days 40 --early 20 --factor 1.5
echo "-- data as it lands: a thousand small files, and a broker, a receiver and a watch that are killed"
"$python" tests/soak/small_files.py "$ingot" --files 1000
"$python" tests/soak/mqtt.py "$ingot" --seconds 15 --rate 500 --kills 1
