#!/usr/bin/env bash
# Runs dbt-spark projects on a server over Spark Connect, which is installed from PyPI, kept, started on 127.0.0.1 and ended again.
#
#     tests/oracle/spark.sh INGOT sail     Sail: three minutes, 170 MB to install; a part of tests/oracle/run.sh
#     tests/oracle/spark.sh INGOT spark    Apache Spark, and dbt-spark on the same server: ten minutes, 500 MB, Java 17; `.ci/run spark`
#
# INGOT_SPARK_SERVERS is the folder that keeps them. With INGOT_NEEDS_SPARK it is an error that a server cannot be installed.
set -euo pipefail
cd "$(dirname "$0")/../.."
ingot=$1 which=$2
servers=${INGOT_SPARK_SERVERS:-${TMPDIR:-/tmp}}
# What Spark's own Python client needs, to look at what was made.
client=(pyarrow "pandas<3" grpcio grpcio-status googleapis-common-protos zstandard)

left_out() {
  if [ -n "${INGOT_NEEDS_SPARK:-}" ]; then
    echo "$1 could not be installed, and INGOT_NEEDS_SPARK is set" >&2
    exit 1
  fi
  echo "LEFT OUT: $1 could not be installed, so nothing runs on it"
  exit 0
}

installed() { # installed FOLDER packages...
  local folder=$1
  shift
  [ -e "$folder/complete" ] || { python3 -m venv "$folder" && "$folder/bin/pip" install --quiet "$@" && touch "$folder/complete"; }
}

java_is_there() {
  command -v java >/dev/null && return
  command -v apt-get >/dev/null && [ "$(id -u)" = 0 ] || return 1
  (apt-get update -qq && apt-get install -y -qq openjdk-17-jre-headless) >/dev/null 2>&1 && command -v java >/dev/null
}

more=()
case $which in
  sail)
    server=$servers/ingot-oracle-sail
    installed "$server" pysail==0.7.2 pyspark-client==4.2.0 duckdb "${client[@]}" || left_out "Sail (pysail on PyPI)"
    ;;
  spark)
    server=$servers/ingot-oracle-spark
    java_is_there || left_out "Java, which Apache Spark needs,"
    installed "$server" pyspark==4.3.0 "dbt-core<1.12" dbt-spark==1.11.0 duckdb "${client[@]}" || left_out "Apache Spark (pyspark on PyPI)"
    more=(--dbt "$server")
    ;;
  *)
    echo "unknown server '$which': sail or spark" >&2
    exit 2
    ;;
esac
echo "-- a dbt-spark project on $which, over Spark Connect, as Spark's own Python client sees it"
"$server/bin/python" tests/oracle/spark.py "$ingot" "$server" "${more[@]}"
echo "-- the retail project on DuckDB and on $which, row by row"
"$server/bin/python" tests/oracle/spark_retail.py "$ingot" "$server"
