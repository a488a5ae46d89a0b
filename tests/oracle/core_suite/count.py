"""The count of the core suite: two records of it (SUITE_RECORD), one of dbt and one of ingot, as a table.

    python tests/oracle/core_suite/count.py dbt.jsonl ingot.jsonl [--list]

Only what dbt passes is asked of ingot. What it does not pass is counted by the folder of the suite; `--list` names each
with what was said. What `left_out.txt` names is counted apart, with its reasons.
"""

import collections
import json
import sys
from pathlib import Path


def recorded(file):
    return {one["id"].removeprefix("tests/functional/"): one for one in map(json.loads, Path(file).read_text().splitlines())}


def main():
    dbt, ingot = recorded(sys.argv[1]), recorded(sys.argv[2])
    lines = (Path(__file__).parent / "left_out.txt").read_text().splitlines()
    reasons = dict(line.split("  ", 1) for line in lines if line and not line.startswith("#"))
    asked = sorted(name for name, one in dbt.items() if one["outcome"] == "passed")
    outcomes = {name: ingot[name]["outcome"] if name in ingot else "not run" for name in asked}
    failed = [name for name in asked if outcomes[name] == "failed"]
    print(f"{len(asked)} pass under dbt, and of those under ingot:")
    for outcome, count in collections.Counter(outcomes.values()).most_common():
        print(f"{count:6} {'left out' if outcome == 'skipped' else outcome}")
    print("\nFailed, by folder:")
    for folder, count in collections.Counter(name.split("/")[0] for name in failed).most_common():
        print(f"{count:6} {folder}")
    print("\nLeft out, by reason:")
    left_out = [reasons.get(name, "?") for name in asked if outcomes[name] == "skipped"]
    for reason, count in collections.Counter(left_out).most_common():
        print(f"{count:6} {reason}")
    # A reason that says what dbt does is wrong where dbt passes.
    for name in asked:
        if reasons.get(name, "").startswith("dbt:"):
            print(f"dbt passes {name}, which left_out.txt denies")
    if "--list" in sys.argv:
        for name in failed:
            print(f"\n{name}\n    {' '.join(ingot[name]['said'].split())[:300]}")


main()
