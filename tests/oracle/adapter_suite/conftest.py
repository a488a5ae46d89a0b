"""dbt's own conformance tests for adapters (dbt-tests-adapter on PyPI), with ingot in dbt's place.

    INGOT=target/release/ingot pytest tests/oracle/adapter_suite        (add `-n 2` where pytest-xdist is there)
    pytest tests/oracle/adapter_suite                                   dbt itself: what it does not pass, ingot need not

Needs dbt-core<1.12, dbt-duckdb and dbt-tests-adapter.
"""

import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))
import ingot_as_dbt  # noqa: E402

pytest_plugins = ["dbt.tests.fixtures.project"]
ingot_as_dbt.put_in_place()


@pytest.fixture(scope="class")
def dbt_profile_target(tmp_path_factory):
    return ingot_as_dbt.duckdb_target(tmp_path_factory.mktemp("database"))


def pytest_collection_modifyitems(items):
    ingot_as_dbt.skip_left_out(items, HERE / "left_out.txt", lambda item: item.nodeid.split("::", 1)[1])
