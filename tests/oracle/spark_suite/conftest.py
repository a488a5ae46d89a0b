"""dbt's own conformance tests for adapters (dbt-tests-adapter on PyPI) on a server of Spark Connect, with ingot in dbt's place.

    SPARK_SERVER=SERVER INGOT=target/release/ingot SUITE_RECORD=ingot.jsonl pytest tests/oracle/spark_suite
    SPARK_SERVER=SERVER SUITE_RECORD=dbt.jsonl pytest tests/oracle/spark_suite        dbt-spark itself, on a server of the same kind
    python tests/oracle/core_suite/count.py dbt.jsonl ingot.jsonl --list

Needs dbt-core<1.12, dbt-spark[session], dbt-tests-adapter and what pyspark[connect] needs. SERVER is a folder with an environment
that has pysail (Sail) or pyspark (Apache Spark). dbt-spark reaches the server by its method `session`, whose Spark is the one that
SPARK_REMOTE names. The tests are as they come: tables are Parquet, so that what needs Delta passes under neither. They take ten
minutes, dbt-spark's seed of 20,000 rows many more (`-k "not SeedSpecificFormats"`), and are a measure and not part of CI.
"""

import os
import sys
import tempfile
import uuid
from pathlib import Path

import pytest

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))
import spark  # noqa: E402

FOLDER = tempfile.TemporaryDirectory(prefix="ingot-spark-suite-")
SERVER = spark.Server(Path(os.environ["SPARK_SERVER"]).absolute(), Path(FOLDER.name))
# The catalog of Sail belongs to the session, so that all share one.
URL = f"sc://127.0.0.1:{SERVER.port}/;user_id=suite;session_id={uuid.uuid4()}"
os.environ["SPARK_REMOTE"] = URL
os.environ["SPARK_SUITE_METHOD"] = "session"

import ingot_as_dbt  # noqa: E402
from pyspark.sql import SparkSession  # noqa: E402
from recorded_suite import leave_out_recorded, pytest_runtest_makereport  # noqa: E402, F401

# dbt imports whatever it finds by a name that begins with `dbt_`, and one module of that folder needs dbt-duckdb.
sys.path.remove(str(HERE.parent))

pytest_plugins = ["dbt.tests.fixtures.project"]
ingot_as_dbt.ENVIRONMENT["SPARK_SUITE_METHOD"] = "connect"
ingot_as_dbt.put_in_place()


@pytest.fixture(scope="class")
def dbt_profile_target():
    settings = {"spark.sql.session.timeZone": "UTC"}
    if SERVER.is_sail:
        settings["spark.sql.warehouse.dir"] = f"{FOLDER.name}/warehouse"
    # dbt-spark wants a host and does not use it, ingot an address.
    return {
        "type": "spark", "method": "{{ env_var('SPARK_SUITE_METHOD') }}", "host": "none", "url": URL, "user": "suite", "threads": 2,
        "server_side_parameters": settings,
    }


@pytest.fixture(scope="class", autouse=True)
def no_views_of_other_classes():
    """dbt-spark leaves its temporary views to the session, which all classes share here, and then finds them in every schema."""
    yield
    session = SparkSession.builder.getOrCreate()
    for table in session.catalog.listTables():
        if table.isTemporary:
            session.catalog.dropTempView(table.name)


def pytest_collection_modifyitems(items):
    leave_out_recorded(items)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session, exitstatus):
    session.config.session_exit = int(exitstatus)
    ingot_as_dbt.let_go_of_the_file()


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config):
    """Spark's client looks for its server for minutes when that is gone, so that nobody waits for its threads."""
    SERVER.stop()
    FOLDER.cleanup()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(getattr(config, "session_exit", 1))
