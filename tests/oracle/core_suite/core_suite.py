"""dbt-core's own functional tests, with ingot in dbt's place: a pytest plugin. `run.sh` beside it starts them.

They are written for Postgres. Here their profile is a DuckDB file, so those that need Postgres fail with dbt too;
their database is called dbt, as there.
"""

import sys
from pathlib import Path

import dbt.tests.fixtures.project as fixtures
import pytest

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))
import ingot_as_dbt  # noqa: E402
from recorded_suite import leave_out_recorded, pytest_runtest_makereport  # noqa: E402, F401

ingot_as_dbt.put_in_place()


@pytest.fixture(scope="class")
def dbt_profile_target(tmp_path_factory):
    return ingot_as_dbt.duckdb_target(tmp_path_factory.mktemp("database"), "dbt")


# In the place of dbt's own fixture, whichever plugin pytest takes in first.
fixtures.dbt_profile_target = dbt_profile_target


def pytest_collection_modifyitems(items):
    ingot_as_dbt.skip_left_out(items, HERE / "left_out.txt", lambda item: item.nodeid.removeprefix("tests/functional/"))
    leave_out_recorded(items)
