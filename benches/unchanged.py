"""What a run costs that leaves out unchanged nodes: nothing new, one more day of files, one edited model.

    python benches/unchanged.py --ingot target/release/ingot [--scale 1] [--models 1000]

The retail project at a scale, and a project of small models with two tests each (dbt-projects.py). Each step is `ingot run-models`
after what its name says; `forced` runs everything over the same data. Of three runs with nothing new the fastest is shown.
"""

import argparse
import importlib
import json
import os
import tempfile
from pathlib import Path

from measure import run

# The day after the default window of `ingot generate`.
NEXT_DAY = "2025-01-01"

generate = importlib.import_module("dbt-projects").generate


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ingot", default="target/release/ingot")
    parser.add_argument("--scale", default="1")
    parser.add_argument("--models", type=int, default=1000)
    parser.add_argument("--folder", help="where the projects are made [default: a temporary folder]")
    arguments = parser.parse_args()
    ingot = os.path.abspath(arguments.ingot)
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    print(f"{'project':12} {'step':22} {'wall s':>8} {'CPU s':>8} {'MB':>6} {'ran':>6} {'unchanged':>10}")
    with tempfile.TemporaryDirectory(dir=arguments.folder) as name:
        retail(Path(name) / "retail", ingot, arguments.scale)
        if arguments.models:
            generated(Path(name) / "generated", ingot, arguments.models)


def measure(label, step, ingot, folder, *options, times=1):
    environment = {**os.environ, "DBT_PROFILES_DIR": str(folder)}
    # A warning or failure of a test (the retail data have planted defects) is a result too.
    runs = [run([ingot, "run-models", *options], cwd=folder, env=environment, may_fail=True) for _ in range(times)]
    best = min(runs, key=lambda done: done.wall)
    results = json.loads((folder / "target" / "run_results.json").read_text())["results"]
    nodes = [result for result in results if result["unique_id"].split(".")[0] not in ("operation", "exposure")]
    # A node that did not run took no time.
    unchanged = sum(result["execution_time"] == 0 and result["status"] != "skipped" for result in nodes)
    ran = len(nodes) - unchanged
    print(f"{label:12} {step:22} {best.wall:8.2f} {best.cpu:8.2f} {best.peak:6.0f} {ran:6} {unchanged:10}", flush=True)


def retail(folder, ingot, scale):
    run([ingot, "init", str(folder)])
    run([ingot, "generate", "--scale", scale], cwd=folder)
    run([ingot, "load-bronze"], cwd=folder, may_fail=True)
    label = f"retail {scale}"
    measure(label, "from nothing", ingot, folder)
    measure(label, "forced", ingot, folder, "--force")
    measure(label, "nothing new", ingot, folder, times=3)
    run([ingot, "generate", "--scale", scale, "--start-date", NEXT_DAY, "--days", "1"], cwd=folder)
    run([ingot, "load-bronze"], cwd=folder, may_fail=True)
    measure(label, "one more day", ingot, folder)
    measure(label, "forced", ingot, folder, "--force")
    model = folder / "models/gold/dimensions/dim_store.sql"
    model.write_text(model.read_text() + "\n-- edited\n")
    measure(label, "a comment in one model", ingot, folder)


def generated(folder, ingot, models):
    folder.mkdir()
    generate(folder, models)
    label = f"{models} models"
    measure(label, "from nothing", ingot, folder)
    measure(label, "forced", ingot, folder, "--force")
    measure(label, "nothing new", ingot, folder, times=3)
    model = folder / "models/layer_0/part_0/model_1.sql"
    model.write_text(model.read_text() + "\n-- edited\n")
    measure(label, "a comment in one model", ingot, folder)


if __name__ == "__main__":
    main()
