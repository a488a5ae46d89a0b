"""`ingot check` beside `ingot dbt compile` and `dbt parse`: seconds of wall and CPU, peak memory.

    python benches/check.py --ingot target/release/ingot [--dbt .venv/bin/dbt] [--models 1000]

The retail project without data, and generated projects (dbt-projects.py). `cold` begins without `target/`, `again` changes nothing,
`edited` changes the text of one model of the lowest layer. Without --dbt, dbt is left out.
"""

import argparse
import importlib
import os
import shutil
import tempfile
from pathlib import Path

from measure import run

generate = importlib.import_module("dbt-projects").generate


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ingot", default="target/release/ingot")
    parser.add_argument("--dbt")
    parser.add_argument("--models", type=int, default=1000)
    arguments = parser.parse_args()
    ingot = os.path.abspath(arguments.ingot)
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    print(f"{'project':12} {'step':26} {'wall s':>8} {'CPU s':>8} {'MB':>6}")
    with tempfile.TemporaryDirectory() as name:
        retail, generated = Path(name) / "retail", Path(name) / "generated"
        generated.mkdir()
        run([ingot, "init", str(retail)])
        generate(generated, arguments.models)
        edits = {retail: "models/staging/stg_orders_lines.sql", generated: "models/layer_0/part_0/model_1.sql"}
        for folder, edited in edits.items():
            label = "retail" if folder == retail else f"{arguments.models} models"

            def measure(step, command):
                done = run(command, cwd=folder, env={**os.environ, "DBT_PROFILES_DIR": str(folder)})
                print(f"{label:12} {step:26} {done.wall:8.2f} {done.cpu:8.2f} {done.peak:6.0f}")

            measure("ingot check, cold", [ingot, "check"])
            measure("ingot check, again", [ingot, "check"])
            file = folder / edited
            file.write_text(file.read_text() + "\n-- edited\n")
            measure("ingot check, edited", [ingot, "check"])
            shutil.rmtree(folder / "target")
            measure("ingot dbt compile, cold", [ingot, "dbt", "compile"])
            if arguments.dbt:
                shutil.rmtree(folder / "target")
                measure("dbt parse, cold", [os.path.abspath(arguments.dbt), "--quiet", "parse"])


if __name__ == "__main__":
    main()
