"""Keeps the results of a suite of dbt's in a file, an id with its outcome a line: a pytest plugin's hooks.

SUITE_RECORD names the file. What has been recorded is not asked again, so that a run that was cut off goes on where it
stopped. `core_suite/count.py` makes a table of two such files, one of dbt and one of ingot.
"""

import json
import os
from pathlib import Path

import pytest

RECORD = os.environ.get("SUITE_RECORD")


def recorded(file):
    """Results by id: the line that was written last holds."""
    lines = Path(file).read_text().splitlines() if Path(file).exists() else []
    return {one["id"]: one for one in map(json.loads, lines)}


def leave_out_recorded(items):
    if RECORD:
        known = set(recorded(RECORD))
        items[:] = [item for item in items if item.nodeid not in known]


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
