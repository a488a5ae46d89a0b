#!/usr/bin/env python3
"""The files of docs/guide/schedule.md, each run once with the real binary: the script itself, cron, systemd, GitHub
Actions, Airflow, Dagster.

    tests/soak/schedulers.py INGOT [--airflow PYTHON] [--dagster PYTHON]

The snippets are taken from the guide as they stand; only the folder /srv/shop becomes that of a project, and cron's 06:00
each minute. What is not installed here is left out, and the script says so. `--airflow` and `--dagster` name the Python of
an environment that has them. It needs the Python package pyyaml.
"""

import argparse
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

from shop import FIRST_DAY, deliver, project, write

SCHEMA = """{% macro generate_schema_name(custom_schema_name, node) %}{{ custom_schema_name or target.schema }}{% endmacro %}"""
GUIDE = pathlib.Path(__file__).resolve().parents[2] / "docs" / "guide" / "schedule.md"


def snippets():
    """The code blocks of the guide by their section."""
    found, section = {}, ""
    for part in re.split(r"^## ", GUIDE.read_text(), flags=re.MULTILINE)[1:]:
        section = part.split("\n", 1)[0]
        blocks = re.findall(r"```(\w+)\n(.*?)```", part, flags=re.DOTALL)
        found[section] = blocks[0][1] if blocks else "\n".join(line.strip() for line in part.split("\n") if line.startswith("    "))
    return found


class Check:
    """A project that gets a new day before each scheduler, and must have it in what is published after it."""

    def __init__(self, ingot):
        self.ingot = ingot
        self.day = 0
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="ingot-schedulers-"))
        project(self.folder, 168)
        # A schema of the name that is published.
        write(self.folder, "macros/schema.sql", SCHEMA)
        self.texts = {name: text.replace("/srv/shop", str(self.folder)) for name, text in snippets().items()}
        script = self.folder / "morning.sh"
        script.write_text(self.texts["A script for each morning"])
        script.chmod(0o755)
        self.environment = {**os.environ, "PATH": f"{pathlib.Path(ingot).parent}:{os.environ['PATH']}"}

    def rows(self):
        import duckdb

        [published] = (self.folder / "duckdb" / "published").glob("*.duckdb")
        with duckdb.connect(str(published), read_only=True) as gold:
            return gold.execute("select count(*) from gold.fct_orders").fetchone()[0]

    def new_day(self):
        self.day += 1
        deliver(self.folder, self.day, FIRST_DAY.replace(day=self.day), 20)
        return self.day * 20

    def passed(self, name, detail=""):
        print(f"{name}: day {self.day} is published{detail}", flush=True)

    def must_have(self, name, rows):
        if self.rows() != rows:
            sys.exit(f"{name}: {self.rows()} rows are published instead of {rows}; the project is in {self.folder}")

    def call(self, name, command, rows, **more):
        done = subprocess.run(command, env={**self.environment, **more}, capture_output=True, text=True, cwd=self.folder)
        if done.returncode != 0:
            sys.exit(f"{name} ended with {done.returncode}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}\n{self.folder}")
        self.must_have(name, rows)
        self.passed(name)


def left_out(name, why):
    print(f"LEFT OUT: {name}: {why}", flush=True)


def cron(check):
    if not shutil.which("cron") or not shutil.which("crontab") or os.geteuid() != 0:
        return left_out("cron", "it needs root, and a cron daemon")
    rows = check.new_day()
    before = subprocess.run(["crontab", "-l"], capture_output=True, text=True)
    # A daemon has a short PATH of its own, so the line of the guide gets that of this script.
    line = check.texts["cron"].replace("0 6 * * *", "* * * * *")
    subprocess.run(["crontab", "-"], input=f"PATH={check.environment['PATH']}\n{line}\n", text=True, check=True)
    daemon = subprocess.Popen(["cron", "-f"], stderr=subprocess.DEVNULL)
    quality = check.folder / "quality.txt"
    quality.unlink(missing_ok=True)
    try:
        for _ in range(180):
            time.sleep(1)
            # The last thing that the script writes.
            if quality.exists() and quality.stat().st_size:
                break
    finally:
        daemon.terminate()
        daemon.wait()
        if before.returncode == 0:
            subprocess.run(["crontab", "-"], input=before.stdout, text=True, check=True)
        else:
            subprocess.run(["crontab", "-r"], check=True)
    check.must_have("cron", rows)
    check.passed("cron")


def systemd(check):
    if not shutil.which("systemd-analyze"):
        return left_out("systemd", "there is no systemd-analyze")
    rows = check.new_day()
    units = check.folder / "units"
    units.mkdir()
    current = None
    for line in check.texts["systemd"].split("\n"):
        if line.startswith("# /etc/systemd/system/"):
            current = units / line.rsplit("/", 1)[1]
        elif current:
            with open(current, "a") as file:
                file.write(line + "\n")
    for unit in units.iterdir():
        # The user of the guide need not be there.
        unit.write_text(unit.read_text().replace("User=ingot", "User=root"))
    done = subprocess.run(["systemd-analyze", "verify", *map(str, units.iterdir())], capture_output=True, text=True)
    complaints = [line for line in done.stderr.split("\n") if str(units) in line or "ingot." in line]
    if complaints:
        sys.exit(f"systemd-analyze verify: {complaints}")
    command = re.search(r"^ExecStart=(.*)$", (units / "ingot.service").read_text(), flags=re.MULTILINE).group(1)
    if pathlib.Path("/run/systemd/system").is_dir():
        command = f"systemd-run --wait --pipe --setenv=PATH={check.environment['PATH']} {command}"
    check.call("systemd: files verified, the service's command", ["sh", "-c", command], rows)


def actions(check):
    import yaml

    workflow = yaml.safe_load(check.texts["GitHub Actions"])
    # YAML 1.1 reads `on` as true.
    trigger = workflow.get("on", workflow.get(True))
    if trigger["schedule"][0]["cron"] != "0 6 * * *":
        sys.exit(f"GitHub Actions: {trigger}")
    rows = check.new_day()
    for step in workflow["jobs"]["morning"]["steps"]:
        check.call("GitHub Actions: file parsed, the step's command", ["bash", "-e", "-c", step["run"]], rows)


def airflow(check, python):
    if not python:
        return left_out("Airflow", "no --airflow")
    rows = check.new_day()
    home = check.folder / "airflow"
    write(home, "dags/shop.py", check.texts["Airflow"])
    more = {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "false",
        "AIRFLOW__CORE__DAGS_FOLDER": str(home / "dags"),
        "PATH": f"{pathlib.Path(python).parent}:{check.environment['PATH']}",
    }
    subprocess.run([python, "-m", "airflow", "db", "migrate"], env={**check.environment, **more}, check=True, capture_output=True)
    check.call("Airflow: dags test", [python, "-m", "airflow", "dags", "test", "shop"], rows, **more)


def dagster(check, python):
    if not python:
        return left_out("Dagster", "no --dagster")
    rows = check.new_day()
    write(check.folder, "dagster_shop.py", check.texts["Dagster"])
    home = check.folder / "dagster"
    home.mkdir()
    command = [str(pathlib.Path(python).parent / "dagster"), "job", "execute", "-f", "dagster_shop.py", "-j", "morning"]
    check.call("Dagster: job execute", command, rows, DAGSTER_HOME=str(home))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("ingot")
    parser.add_argument("--airflow", help="the Python of an environment with apache-airflow")
    parser.add_argument("--dagster", help="the Python of an environment with dagster")
    options = parser.parse_args()
    check = Check(str(pathlib.Path(options.ingot).resolve()))
    rows = check.new_day()
    check.call("morning.sh", ["./morning.sh"], rows)
    cron(check)
    systemd(check)
    actions(check)
    airflow(check, options.airflow)
    dagster(check, options.dagster)
    shutil.rmtree(check.folder)


if __name__ == "__main__":
    main()
