"""dbt-duckdb's own functional tests, with ingot in dbt's place: a pytest plugin. `run.sh` beside it starts them."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))
import ingot_as_dbt  # noqa: E402
from recorded_suite import leave_out_recorded, pytest_runtest_makereport  # noqa: E402, F401

ingot_as_dbt.put_in_place()


def pytest_collection_modifyitems(items):
    leave_out_recorded(items)
