"""`ingot rehearse` on the retail project: how long it takes, how many runs it needs, and how many defects are noticed.

    benches/rehearse.py [SCALE] [--json FILE]     (0.01 without it; needs a release build)

It fails if more than 60 s of wall time and more than 120 s of CPU are needed, which is what two cores have in 60 s, or if a survivor has no
reason or no suggestion.
"""

import argparse
import json
import os
import tempfile
from pathlib import Path

from measure import ingot, run

MOST_SECONDS = 60.0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scale", nargs="?", default="0.01")
    parser.add_argument("--json", type=Path, help="keep the whole result in this file")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder) / "retail"
        run([ingot(), "init", project])
        run([ingot(), "generate", "--scale", arguments.scale, "--quiet"], cwd=project)
        done = run([ingot(), "rehearse", "--format", "json", "--quiet"], cwd=project)
    result = json.loads(done.output[done.output.index("{"):])
    if arguments.json:
        arguments.json.write_text(json.dumps(result, indent=1))
    survived = [one for one in result["defects"] if one["outcome"] == "survived"]
    undecided = [one for one in result["defects"] if one["outcome"] == "undecided"]
    print(f"load {os.getloadavg()[0]:.1f}: {done.wall:.1f} s wall, {done.cpu:.1f} s CPU, {done.peak:.0f} MiB")
    print(f"{result['rows']} rows, {result['runs']} runs, {result['caught']} caught, {len(survived)} survived, "
          f"{len(undecided)} undecided, score {result['score']}")
    for one in survived:
        assert one["why"] and one["suggestion"], one
    if done.wall > MOST_SECONDS and done.cpu > 2 * MOST_SECONDS:
        raise SystemExit(f"it takes more than {MOST_SECONDS:.0f} s on two cores")


if __name__ == "__main__":
    main()
