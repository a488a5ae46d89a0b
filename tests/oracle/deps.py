"""Compares `deps` with dbt's: the same packages.yml against the same hub, repositories and archives, all on this machine.

    python tests/oracle/deps.py --ingot target/release/ingot [--ranges 40] [--seed 1]

After every command the exit code, packages.yml, package-lock.yml to the byte, and all files below dbt_packages must be the
same. `--ranges` adds so many random versions on the hub with random ranges over them.
"""

import argparse
import http.server
import io
import json
import os
import random
import subprocess
import sys
import tarfile
import tempfile
import threading
from pathlib import Path

FILES = {}


class Site(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        content = FILES.get(self.path)
        self.send_response(200 if content is not None else 404)
        self.send_header("Content-Length", str(len(content or b"")))
        self.end_headers()
        self.wfile.write(content or b"")

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Site)
ADDRESS = f"http://127.0.0.1:{server.server_port}/"
# dbt looks for it when it is imported.
os.environ["DBT_PACKAGE_HUB_URL"] = ADDRESS
os.environ["DBT_ENV_SECRET_TOKEN"] = "sesame"

sys.path.insert(0, str(Path(__file__).resolve().parent))
from dbt_projects import Dbt, Ingot  # noqa: E402


def archive(name, version):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as packed:
        for file, text in {"dbt_project.yml": f"name: {name}\nversion: '1.0'\n", "macros/m.sql": f"-- {version}\n"}.items():
            info = tarfile.TarInfo(f"{name}-0a1b2c/{file}")
            info.size = len(text)
            packed.addfile(info, io.BytesIO(text.encode()))
    return out.getvalue()


def publish(package, versions):
    """Puts a package on the hub; `versions`: version -> the packages it needs, or (those, require_dbt_version)."""
    name = package.split("/")[1]
    about = {}
    for version, needs in versions.items():
        needs, dbt = needs if isinstance(needs, tuple) else (needs, [])
        FILES[f"/files/{package}/{version}.tar.gz"] = archive(name, version)
        about[version] = {
            "name": name,
            "packages": needs,
            "require_dbt_version": dbt,
            "downloads": {"tarball": f"{ADDRESS}files/{package}/{version}.tar.gz"},
        }
    FILES[f"/api/v1/{package}.json"] = json.dumps({"name": name, "namespace": package.split("/")[0], "versions": about}).encode()
    index = json.loads(FILES.get("/api/v1/index.json", b"[]"))
    FILES["/api/v1/index.json"] = json.dumps(sorted({*index, package})).encode()


def repository(folder):
    """A repository with a tag and two commits, and a second project in the folder `inner`; its address, and the commits."""
    git = ["git", "-c", "user.name=t", "-c", "user.email=t@localhost", "-c", "init.defaultBranch=main"]
    (folder / "inner").mkdir(parents=True)
    subprocess.run([*git, "init", "--quiet"], cwd=folder, check=True)
    commits = []
    for version in ("1.0", "2.0"):
        (folder / "dbt_project.yml").write_text(f"name: outer\nversion: '{version}'\n")
        (folder / "packages.yml").write_text("packages:\n  - package: o/base\n    version: ['>=1.0.0', '<1.5.0']\n")
        (folder / "inner" / "dbt_project.yml").write_text(f"name: inner\nversion: '{version}'\n")
        subprocess.run([*git, "add", "."], cwd=folder, check=True)
        subprocess.run([*git, "commit", "--quiet", "-m", version], cwd=folder, check=True)
        commits.append(subprocess.run([*git, "rev-parse", "HEAD"], cwd=folder, check=True, capture_output=True, text=True).stdout.strip())
        if version == "1.0":
            subprocess.run([*git, "tag", "1.0"], cwd=folder, check=True)
    return f"file://{folder}", commits


def state(folder):
    """What `deps` leaves: file -> content; of links where they lead, in the project."""
    out = {}
    for name in ("packages.yml", "dependencies.yml", "package-lock.yml"):
        out[name] = (folder / name).read_text() if (folder / name).exists() else None
    packages = folder / "dbt_packages"
    for path in sorted(packages.rglob("*")) if packages.exists() else []:
        name = str(path.relative_to(folder))
        if ".git" in path.parts:
            continue
        if path.is_symlink():
            out[name] = "-> " + os.path.relpath(os.readlink(path), folder)
        elif path.is_file():
            out[name] = path.read_text()
    return out


def cases(repository_address, commits):
    """name -> steps of (packages.yml or None, words of the command)."""
    hub = "packages:\n  - package: o/tools\n    version: 2.0.0\n"
    ranged = "packages:\n  - package: o/base\n    version: ['>=1.0.0', '<2.0.0']\n"
    git = f"packages:\n  - git: '{repository_address}'\n"
    yield "hub", [(hub, "deps"), (None, "deps"), (hub + ranged.split("\n", 1)[1], "deps"), (None, "deps --upgrade")]
    yield "range", [(ranged, "deps --lock"), (None, "deps")]
    yield "prerelease", [(ranged.replace("'<2.0.0']", "'<=2.0.0-rc1']"), "deps"), (ranged + "    install_prerelease: true\n", "deps")]
    yield "unchecked", [("packages:\n  - package: o/base\n    version: '>=1.0.0'\n", "--no-version-check deps")]
    yield "git", [(git + "    revision: '1.0'\n", "deps"), (git + f"    revision: {commits[1]}\n    subdirectory: inner\n", "deps")]
    yield "unpinned", [(git, "deps"), (git + "    revision: main\n    warn-unpinned: false\n", "deps"), (None, "--warn-error deps --upgrade")]
    yield "unpinned as an error", [(git, "--warn-error deps")]
    yield "number as a revision", [(git + "    revision: 1.0\n", "deps")]
    yield "two revisions", [(git + "    revision: '1.0'\n" + git.split("\n", 1)[1] + "    revision: main\n", "deps")]
    yield "twice with .git", [(git + "    revision: '1.0'\n" + f"  - git: '{repository_address}.git'\n    revision: '1.0'\n", "deps")]
    yield "tarball", [(f"packages:\n  - tarball: '{ADDRESS}files/o/base/1.0.0.tar.gz'\n    name: other_name\n", "deps")]
    yield "secret", [(f"packages:\n  - tarball: \"{ADDRESS}files/o/base/{{{{ env_var('DBT_ENV_SECRET_TOKEN') }}}}.tar.gz\"\n    name: base\n", "deps")]
    yield "variable", [("packages:\n  - package: o/base\n    version: \"{{ var('wanted', '1.0.0') }}\"\n", "deps"), (None, "deps --vars {wanted:\\ 1.2.0}")]
    yield "local", [("packages:\n  - local: vendor/tools\n", "deps"), (None, "deps")]
    yield "dependencies.yml", [("dependencies.yml", "deps")]
    yield "private", [("packages:\n  - private: o/base\n    revision: '1.0'\n", "deps")]
    yield "none", [("packages: []\n", "deps")]
    for name, entry in {
        "unknown key": "package: o/base\n    version: 1.0.0\n    versoin: 1.0.0",
        "no version": "package: o/base",
        "no owner": "package: base\n    version: 1.0.0",
        "unknown package": "package: o/unknown\n    version: 1.0.0",
        "unknown version": "package: o/base\n    version: 9.0.0",
        "not a version": "package: o/base\n    version: 1.0",
        "contradiction": "package: o/base\n    version: ['>1.0.0', '<1.0.0']",
        "no name": f"tarball: '{ADDRESS}files/o/base/1.0.0.tar.gz'",
        "same name": "package: p/base\n    version: 1.0.0\n  - package: o/base\n    version: 1.0.0",
    }.items():
        yield name, [(f"packages:\n  - {entry}\n", "deps")]
    yield "add", [
        (None, "deps --add-package o/base@1.0.0"),
        (None, "deps --add-package o/base@>=1.0.0,<1.2.0"),
        (None, "deps --source local --add-package vendor/tools"),
        (None, f"deps --source git --add-package {repository_address}@1.0"),
        (None, "deps"),
    ]
    yield "add without a version", [(None, "deps --add-package o/base")]


def random_version(choose, prerelease=True):
    version = ".".join(str(choose.choice((0, 1, 2, 10))) for _ in range(3))
    if prerelease and choose.random() < 0.3:
        version += choose.choice(("-rc1", "-alpha.1", "-alpha.10", "rc2", "-beta.x", "+build", "-1.0"))
    return version


def random_ranges(choose, count):
    for number in range(count):
        package = f"r/p{number}"
        publish(package, {random_version(choose): [] for _ in range(choose.randint(1, 12))})
        conditions = [choose.choice(("", "=", ">", ">=", "<", "<=")) + random_version(choose) for _ in range(choose.choice((1, 1, 2, 2, 3)))]
        text = json.dumps(conditions if len(conditions) > 1 or choose.random() < 0.5 else conditions[0])
        prerelease = choose.choice(("", "\n    install_prerelease: true"))
        yield f"{text}{prerelease.strip()}", [(f"packages:\n  - package: {package}\n    version: {text}{prerelease}\n", "deps")]


def words_of(line):
    return [word.replace("\0", " ") for word in line.replace("\\ ", "\0").split()]


def run(tool, steps, folder):
    (folder / "vendor" / "tools").mkdir(parents=True)
    (folder / "vendor" / "tools" / "dbt_project.yml").write_text("name: tools_here\nversion: '1.0'\n")
    (folder / "dbt_project.yml").write_text("name: shop\nprofile: shop\nversion: '1.0'\n")
    (folder / "profiles.yml").write_text("shop: {target: dev, outputs: {dev: {type: duckdb}}}\n")
    out = []
    for packages, command in steps:
        if packages == "dependencies.yml":
            (folder / packages).write_text("projects: []\npackages:\n  - package: o/base\n    version: 1.0.0\n")
        elif packages is not None:
            (folder / "packages.yml").write_text(packages)
        code, said, errors = tool.run(words_of(command), folder)
        out.append({"exit code": min(code, 1), **state(folder), "said": said + errors})
    return out


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ingot", default="target/release/ingot")
    parser.add_argument("--ranges", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    publish("o/base", {"1.0.0": [], "1.2.0": [], "1.10.0": [], "1.11.0": ([], [">=0.1.0", "<0.2.0"]), "2.0.0-rc1": []})
    publish("o/tools", {"2.0.0": [{"package": "o/base", "version": [">=1.0.0", "<1.5.0"]}]})
    publish("p/base", {"1.0.0": []})
    ingot, failed, steps_seen = Ingot(os.path.abspath(arguments.ingot)), 0, 0
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder).resolve()
        all_cases = [*cases(*repository(root / "repository")), *random_ranges(random.Random(arguments.seed), arguments.ranges)]
        for number, (name, steps) in enumerate(all_cases):
            theirs, ours = (run(tool, steps, root / str(number) / side) for tool, side in ((Dbt(), "dbt"), (ingot, "ingot")))
            different = []
            for step, (a, b) in enumerate(zip(theirs, ours)):
                # Of what fails nothing is compared but that it does: dbt may have written something before.
                keys = sorted({*a, *b} - {"said"}) if not a["exit code"] else ["exit code"]
                different += [f"step {step}: {key}\n    dbt:   {a.get(key)!r}\n    ingot: {b.get(key)!r}" for key in keys if a.get(key) != b.get(key)]
                if a["exit code"] != b["exit code"]:
                    different.append(f"{a['said']}\n{b['said']}")
            steps_seen += len(steps)
            failed += bool(different)
            if different:
                print(f"DIFFERENT {name}\n  " + "\n  ".join(different))
    print(f"{len(all_cases)} cases, {steps_seen} commands, {failed} different")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
