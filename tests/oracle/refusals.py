"""The projects of crates/models/tests/it/refusals.txt under `dbt parse`: those that the file calls refused must be, and no others.

    python tests/oracle/refusals.py [--ingot INGOT] [--every N] [--write] [FILE]

The test of the same name holds ingot to the file; --ingot asks ingot as well, of a FILE that is nobody's test yet, say. --write puts dbt's
verdicts into the file. dbt needs a second for each; --every 3 asks it for every third, as CI does. A project is the three files of BASE with those that stand below its name.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from dbt_process import dbt_command, in_workers  # noqa: E402

PROJECTS = Path(__file__).resolve().parents[2] / "crates" / "models" / "tests" / "it" / "refusals.txt"
HEADING = re.compile(r"^== (\w+)(?:: (accepted|refused))?$", re.M)
FILE = re.compile(r"^-- (.+\.(?:sql|yml|yaml|YML|md|csv|py))$", re.M)
BASE = {
    "dbt_project.yml": "name: p\nversion: '1.0'\nprofile: p\n",
    "profiles.yml": "p: {target: dev, outputs: {dev: {type: duckdb, path: x.duckdb, schema: main, threads: 1}}}\n",
    "models/a.sql": "select 1 as id, 'x' as nm\n",
    "models/b.sql": "select * from {{ ref('a') }}\n",
    "seeds/sd.csv": "id,x\n1,a\n",
}


def projects(text):
    """Yields the name of each project, what the file says of it, and its own files."""
    parts = HEADING.split(text)[1:]
    for name, verdict, body in zip(parts[0::3], parts[1::3], parts[2::3]):
        files = FILE.split(body)[1:]
        yield name, verdict, dict(zip(files[0::2], (text.strip("\n") + "\n" for text in files[1::2])))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ingot")
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("file", nargs="?", default=PROJECTS, type=Path)
    arguments = parser.parse_args()
    text = arguments.file.read_text()

    def verdicts(project):
        name, said, own = project
        with tempfile.TemporaryDirectory() as folder:
            for file, content in {**BASE, **own}.items():
                path = Path(folder, file)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(content)
            code, out, err = dbt_command(["--no-use-colors", "parse"], folder)
            theirs, words = "refused" if code else "accepted", out + err
            ours = said
            if arguments.ingot:
                command = [os.path.abspath(arguments.ingot), "--project-dir", ".", "dbt", "parse", "--no-partial-parse"]
                ran = subprocess.run(command, cwd=folder, capture_output=True, text=True, env={**os.environ, "DBT_PROFILES_DIR": "."})
                ours, words = "refused" if ran.returncode else "accepted", words + ran.stdout + ran.stderr
        return name, said, theirs, ours, words

    different, count = 0, 0
    for name, said, theirs, ours, words in in_workers(verdicts, list(projects(text))[:: arguments.every], os.cpu_count()):
        count += 1
        if arguments.write:
            text = re.sub(rf"^== {name}\b.*$", f"== {name}: {theirs}", text, flags=re.M)
        elif theirs != said or ours != theirs:
            different += 1
            print(f"{name}: {theirs} by dbt, {said} in the file, {ours} by ingot\n{words[-1500:] if said or arguments.ingot else ''}")
    if arguments.write:
        arguments.file.write_text(text)
    print(f"{count} projects, {different} different")
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
