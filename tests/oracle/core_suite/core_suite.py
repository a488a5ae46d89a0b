"""dbt-core's own functional tests, with ingot in dbt's place: a pytest plugin. `run.sh` beside it starts them.

They are written for Postgres. Here their profile is a DuckDB file, so those that need Postgres fail with dbt too;
their database is called dbt, as there.
"""

import json
import os
import sys
from pathlib import Path

import dbt.tests.fixtures.project as fixtures
import pytest

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))
import ingot_as_dbt  # noqa: E402

ingot_as_dbt.put_in_place()


@pytest.fixture(scope="class")
def dbt_profile_target(tmp_path_factory):
    return ingot_as_dbt.duckdb_target(tmp_path_factory.mktemp("database"), "dbt")


# In the place of dbt's own fixture, whichever plugin pytest takes in first.
fixtures.dbt_profile_target = dbt_profile_target


def pytest_collection_modifyitems(items):
    ingot_as_dbt.skip_left_out(items, HERE / "left_out.txt", lambda item: item.nodeid.removeprefix("tests/functional/"))
    if RECORD:
        # What has been recorded is not asked again, so that a run that was cut off goes on where it stopped.
        known = set(recorded(RECORD))
        items[:] = [item for item in items if item.nodeid not in known]


# Where results are kept, an id with its outcome a line; `count.py` beside this makes a table of two such files.
RECORD = os.environ.get("CORE_SUITE_RECORD")


def recorded(file):
    """Results by id: the line that was written last holds."""
    lines = Path(file).read_text().splitlines() if Path(file).exists() else []
    return {one["id"]: one for one in map(json.loads, lines)}


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    report = (yield).get_result()
    # A test ends with its call, unless what it needs could not be set up or it was skipped.
    if RECORD and (report.when == "call" or not report.passed):
        crash = getattr(report.longrepr, "reprcrash", None)
        said = crash.message if crash else str(report.longrepr or "")
        one = {"id": item.nodeid, "outcome": report.outcome, "when": report.when, "said": said[:2000]}
        with open(RECORD, "a") as file:
            file.write(json.dumps(one) + "\n")
