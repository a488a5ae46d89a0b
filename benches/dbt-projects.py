"""Generated dbt projects under dbt-duckdb and under ingot: seconds of CPU, wall time, peak memory.

    python benches/dbt-projects.py --ingot target/release/ingot --dbt .venv/bin/dbt [--sizes 100,1000,5000] [--alone]

Each model is small, reads up to three others, and has two tests. Measured: parsing from nothing, parsing again, building from nothing.
The two take turns size by size, so that a ratio is of one machine at one time; the load beside a line is the machine's when the step began:
where it is above the number of cores, wall times say little. `--alone` leaves dbt out. `--parse-only` builds nothing.
"""

import argparse
import os
import random
import tempfile
from pathlib import Path

from measure import run

PROFILE = "bench:\n  target: dev\n  outputs:\n    dev: {type: duckdb, path: bench.duckdb, schema: main, threads: 2}\n"


def generate(folder, models):
    random.seed(1)
    (folder / "dbt_project.yml").write_text(
        "name: bench\nversion: '1.0'\nprofile: bench\nmodels:\n  bench:\n    +materialized: view\n    layer_0:\n      +materialized: table\n"
    )
    (folder / "profiles.yml").write_text(PROFILE)
    per_folder = 50
    for number in range(models):
        layer = min(number // max(models // 5, 1), 4)
        place = folder / "models" / f"layer_{layer}" / f"part_{number // per_folder}"
        place.mkdir(parents=True, exist_ok=True)
        if number < 5 or layer == 0:
            sql = f"select {number} as id, 'm{number}' as name, {number} * 2 as twice\n"
        else:
            below = random.sample(range(0, number - number % max(models // 5, 1)), k=random.randint(1, 3))
            parts = [
                f"select id + {index} as id, name, twice\nfrom {{{{ ref('model_{other}') }}}}\n{{% if is_incremental() %}}where false{{% endif %}}"
                for index, other in enumerate(below[:1])
            ]
            notes = "\n".join(f"-- depends_on: {{{{ ref('model_{other}') }}}}" for other in below[1:])
            sql = f"{{{{ config(tags=['layer_{layer}']) }}}}\n{notes}\n" + "\nunion all\n".join(parts) + "\n"
        (place / f"model_{number}.sql").write_text(sql)
    for start in range(0, models, per_folder):
        lines = ["version: 2", "models:"]
        for number in range(start, min(start + per_folder, models)):
            lines += [
                f"  - name: model_{number}",
                f"    description: The model of number {number}",
                "    columns:",
                "      - name: id",
                "        description: What tells rows apart",
                "        data_tests: [not_null, unique]",
            ]
        (folder / "models" / f"part_{start // per_folder}.yml").write_text("\n".join(lines) + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ingot", default="target/release/ingot")
    parser.add_argument("--dbt", default="dbt")
    parser.add_argument("--sizes", default="100,1000,5000")
    parser.add_argument("--alone", action="store_true")
    parser.add_argument("--parse-only", action="store_true")
    arguments = parser.parse_args()
    tools = {} if arguments.alone else {"dbt": [arguments.dbt]}
    tools["ingot"] = [os.path.abspath(arguments.ingot), "dbt"]
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    print(f"{'models':>7} {'step':12} {'tool':6} {'wall s':>8} {'CPU s':>8} {'MB':>6} {'load':>6}")
    # Nothing is removed before the end: for minutes ext4 looks past the inodes of files that were removed, once for each new file.
    scratch = tempfile.TemporaryDirectory()
    for models in (int(size) for size in arguments.sizes.split(",")):
        seconds = {}
        for tool, command in tools.items():
            folder = Path(scratch.name, f"{tool}-{models}")
            folder.mkdir()
            generate(folder, models)
            steps = [("parse cold", ["parse"]), ("parse warm", ["parse"])]
            if not arguments.parse_only:
                steps.append(("build", ["build"]))
            for step, words in steps:
                load = os.getloadavg()[0]
                done = run([*command, *words], cwd=folder, env={**os.environ, "DBT_PROFILES_DIR": "."})
                seconds[step, tool] = (done.cpu, done.wall)
                print(f"{models:7} {step:12} {tool:6} {done.wall:8.2f} {done.cpu:8.2f} {done.peak:6.0f} {load:6.1f}", flush=True)
        for step in dict.fromkeys(step for step, _ in seconds):
            if (step, "dbt") in seconds:
                cpu, wall = (theirs / max(ours, 0.01) for theirs, ours in zip(seconds[step, "dbt"], seconds[step, "ingot"]))
                print(f"{models:7} {step:12} {cpu:.1f} times less CPU than dbt, {wall:.1f} times less wall time", flush=True)


if __name__ == "__main__":
    main()
