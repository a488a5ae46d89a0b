"""ingot in dbt's place, for test suites of dbt's that call `dbtRunner` within their own process.

Here that name leads to the binary, and what the binary leaves under target/ becomes the results that the tests look at.
`INGOT` names the binary; without it nothing is replaced, and dbt itself is tested: what it does not pass, ingot need not.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import agate
import dbt.cli.main
import dbt.deprecations as deprecations
import dbt.tests.util as util
import dbt.version
import pytest
import yaml
from dbt.adapters.factory import get_adapter_by_type
from dbt.artifacts.exceptions import IncompatibleSchemaError
from dbt.artifacts.schemas.batch_results import BatchResults
from dbt.artifacts.schemas.catalog import CatalogArtifact
from dbt.artifacts.schemas.manifest import WritableManifest
from dbt.artifacts.schemas.results import NodeStatus, RunStatus, TestStatus, TimingInfo
from dbt.artifacts.schemas.run import RunExecutionResult, RunResult, RunResultsArtifact
from dbt.cli.exceptions import DbtUsageException
from dbt.cli.main import dbtRunnerResult
from dbt.contracts.graph.manifest import Manifest
from dbt.contracts.graph.nodes import GenericTestNode
from dbt.exceptions import (
    AmbiguousAliasError,
    ContractBreakingChangeError,
    DbtProjectError,
    DbtReferenceError,
    DependencyError,
    DuplicateResourceNameError,
    DuplicateVersionedUnversionedError,
    InvalidAccessTypeError,
    ParsingError,
    ProjectContractError,
    SchemaConfigError,
    TargetNotFoundError,
    YamlParseDictError,
)
from dbt_common.dataclass_schema import ValidationError
from dbt_common.exceptions import DbtInternalError, DbtValidationError, EventCompilationError

try:
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
except ImportError:
    # An environment of dbt-spark, whose server lets everybody in at once.
    DuckDBConnectionManager = None

ADAPTER = "duckdb" if DuckDBConnectionManager else "spark"
INGOT = os.environ.get("INGOT") and os.path.abspath(os.environ["INGOT"])
# What ingot finds in its environment, and dbt does not: dbt runs models in Python with its own.
ENVIRONMENT = {"INGOT_PYTHON": sys.executable}


def duckdb_target(folder, name="suite"):
    """A profile's target whose file nobody holds between two statements: two processes look at it in turn."""
    return {"type": "duckdb", "threads": 2, "path": str(folder / f"{name}.duckdb"), "keep_open": False}


def skip_left_out(items, list_of_ids, key_of):
    """Skips what the file names, an id and a reason a line: `dbt` where dbt-duckdb itself does not pass, else why ingot does otherwise."""
    if not INGOT:
        return
    lines = Path(list_of_ids).read_text().splitlines()
    left_out = dict(line.split("  ", 1) for line in lines if line and not line.startswith("#"))
    for item in items:
        reason = left_out.get(key_of(item))
        if reason:
            item.add_marker(pytest.mark.skip(reason=reason))


class Node(dict):
    """A node as the manifest has it, by attribute and by key."""

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        # dbt's objects have it where its manifest leaves it out.
        return self.get(name, False if name == "compiled" else None)

    def __setattr__(self, name, value):
        self[name] = value

    def __missing__(self, name):
        # What is not there is absent to those who ask by attribute or by name, and an error for a position in a list.
        if not isinstance(name, str):
            raise KeyError(name)
        return None

    def __eq__(self, other):
        # dbt's own objects stand for what the manifest has of them.
        return dict.__eq__(self, other.to_dict(omit_none=False) if hasattr(type(other), "__dataclass_fields__") else other)

    __hash__ = None

    @property
    def skipped(self):
        return self.get("status") == "skipped"

    def to_dict(self, *_arguments, **_named):
        return json.loads(json.dumps(self))


def as_node(value):
    if isinstance(value, dict):
        return Node({key: as_node(item) for key, item in value.items()})
    if isinstance(value, list):
        return [as_node(item) for item in value]
    return value


class CouldNotRun(
    SchemaConfigError,
    DuplicateResourceNameError,
    DbtReferenceError,
    InvalidAccessTypeError,
    ContractBreakingChangeError,
    DuplicateVersionedUnversionedError,
    AmbiguousAliasError,
    EventCompilationError,
    YamlParseDictError,
    ProjectContractError,
    DbtProjectError,
    ParsingError,
    DbtValidationError,
    ValidationError,
    TargetNotFoundError,
    DependencyError,
    DbtInternalError,
    IncompatibleSchemaError,
    ValueError,
):
    """Exit code 2, for which dbt has several exceptions."""

    def __init__(self, text):
        Exception.__init__(self, text)
        self.msg = self.message = text

    def __str__(self):
        return self.msg


class Results(list):
    @property
    def results(self):
        return self


def let_go_of_the_file():
    try:
        adapter = get_adapter_by_type(ADAPTER)
    except KeyError:
        adapter = None
    if adapter is not None:
        adapter.cleanup_connections()
        adapter.cache.clear()
    if DuckDBConnectionManager is None:
        return
    if DuckDBConnectionManager._ENV is not None:
        DuckDBConnectionManager._ENV.close()
    DuckDBConnectionManager.close_all_connections()


def lend_a_connection():
    """Where dbt has run, its thread has a connection, which is opened when it is asked something."""
    try:
        get_adapter_by_type(ADAPTER).acquire_connection("master")
    except KeyError:
        pass


def read(file):
    return json.loads(file.read_text()) if file.exists() else None


def written(file):
    """Tells one writing of a file from the next; None if it is not there."""
    return (file.stat().st_ino, file.stat().st_mtime_ns) if file.exists() else None


SECTIONS = (
    "nodes", "sources", "exposures", "unit_tests", "macros", "groups", "docs", "metrics", "semantic_models", "saved_queries",
    "functions",
)


def manifest_of(folder, target=None):
    """What the manifest has, as dbt's own classes read it."""
    manifest = read((target or Path(folder) / "target") / "manifest.json")
    if manifest is None:
        return None
    found = Manifest.from_writable_manifest(WritableManifest.upgrade_schema_version(manifest))
    for unique_id, entry in manifest["nodes"].items():
        # Read back, a generic test is of the first class that its members fit.
        if "test_metadata" in entry:
            found.nodes[unique_id] = GenericTestNode.from_dict(entry)
    found.parent_map, found.child_map = manifest.get("parent_map"), manifest.get("child_map")
    for node in found.nodes.values():
        # What was not compiled has no such member in the file.
        node.compiled = bool(getattr(node, "compiled", False))
    return found


def target_path(folder, arguments):
    """The target folder by dbt's order: the flag, the environment, the project, the default."""
    if "--target-path" in arguments:
        return arguments[arguments.index("--target-path") + 1]
    project = folder / "dbt_project.yml"
    written = yaml.safe_load(project.read_text()) if project.exists() else None
    return os.environ.get("DBT_TARGET_PATH") or (written or {}).get("target-path") or "target"


class Runner:
    """What `dbtRunner` is to the tests."""

    # What the last command printed, and what its log has for those who read it on a terminal of dbt's.
    said = ""
    told = ""

    def __init__(self, manifest=None, callbacks=None):
        self.callbacks = callbacks or []
        self.events = []

    def invoke(self, arguments, **flags):
        let_go_of_the_file()
        arguments = [str(argument) for argument in arguments]
        for name, value in flags.items():
            arguments += [f"--{name.replace('_', '-')}"] + ([] if value is True else [str(value)])
        folder = Path(arguments[arguments.index("--project-dir") + 1]) if "--project-dir" in arguments else Path.cwd()
        target = folder / target_path(folder, arguments)
        before = {name: written(target / name) for name in ("run_results.json", "sources.json")}
        with tempfile.TemporaryDirectory() as own:
            # dbt's fixtures name a folder for the log, to which every command appends.
            log = Path(os.environ.get("DBT_LOG_PATH", own)) / "dbt.log"
            seen = log.stat().st_size if log.exists() else 0
            logged = {"DBT_LOG_PATH": str(log.parent), "DBT_LOG_FORMAT_FILE": "json", "DBT_LOG_LEVEL_FILE": "debug"}
            ran = subprocess.run([INGOT, "dbt", *arguments], capture_output=True, text=True, env=logged | os.environ | ENVIRONMENT)
            self.tell(log.read_bytes()[seen:].decode() if log.exists() else "")
        lend_a_connection()
        Runner.said = ran.stdout + ran.stderr
        Runner.told = Runner.said + self.shown(arguments)
        print(f"$ ingot dbt {' '.join(arguments)}\n{Runner.said}exit code {ran.returncode}")
        if ran.returncode == 2:
            kind = DbtUsageException if "try '--help'" in ran.stderr else CouldNotRun
            return dbtRunnerResult(success=False, exception=kind(Runner.said))
        return dbtRunnerResult(success=ran.returncode == 0, result=self.result(arguments, folder, target, ran.stdout, before))

    def tell(self, log):
        """Hands the events of the log to those who listen, as dbt's process would, and counts its deprecations."""
        names = {one._event: one._name for one in deprecations.deprecations_list}
        self.events = [as_node(json.loads(line)) for line in log.splitlines() if line.startswith("{")]
        for event in self.events:
            if event.info.name in names:
                deprecations.active_deprecations[names[event.info.name]] += 1
            for callback in self.callbacks:
                callback(event)

    def shown(self, arguments):
        """The messages that dbt shows beside its log, which has them in dbt's words: ingot's own output has them in others."""
        if "--log-format=json" in arguments or "json" in arguments[:-1] and "--log-format" in arguments:
            return ""
        quiet, debug = ({"--quiet", "-q"} & set(arguments), {"--debug", "-d"} & set(arguments))
        levels = ["error"] if quiet else ["info", "warn", "error"] + (["debug"] if debug else [])
        return "".join(f"{event.info.msg}\n" for event in self.events if event.info.level in levels)

    def first(self, name):
        """The data of the first event of that name, as dbt would have it."""
        return next((event.data for event in self.events if event.info.name == name), as_node({}))

    def shown_rows(self, nodes):
        """The results of `show`, which leaves no artifact: its rows and the SQL that was sent are in the log."""
        results = []
        for event in (event.data for event in self.events if event.info.name == "ShowNode"):
            sent = [one.data.sql for one in self.events if one.info.name == "SQLQuery" and one.data.conn_name in (event.unique_id, "master")]
            node = nodes.get(event.unique_id) or Node(unique_id=event.unique_id, name=event.node_name, resource_type="sql_operation")
            node.compiled_code, node.compiled = sent[-1] if sent else None, True
            result = RunResult(
                status=RunStatus.Success, timing=[], thread_id="", execution_time=0.0, adapter_response={}, message=None,
                failures=None, node=node,
            )
            result.agate_table = table_of(event.preview, event.output_format)
            results.append(result)
        return RunExecutionResult(results=results, elapsed_time=0.0, args=self.first("MainReportArgs").args or {})

    def finished(self, nodes):
        """Results by the log, where no artifact was to be written."""
        ended = [event.data for event in self.events if event.info.name == "NodeFinished"]
        return [
            run_result(
                {
                    "unique_id": one.node_info.unique_id, "status": one.run_result.status, "message": one.run_result.message,
                    "timing": [], "thread_id": one.run_result.thread, "execution_time": one.run_result.execution_time,
                    "adapter_response": one.run_result.adapter_response, "failures": one.run_result.num_failures,
                },
                nodes,
            )
            for one in ended
        ]

    def result(self, arguments, folder, target, said, before):
        verb = next((word for word in arguments if not word.startswith("-")), "run")
        if verb in ("list", "ls"):
            return [line for line in said.splitlines() if line]
        manifest = manifest_of(folder, target)
        if verb == "parse":
            return manifest
        if verb == "show":
            return self.shown_rows({} if manifest is None else manifest.nodes)
        if verb == "docs":
            catalog = read(target / "catalog.json")
            return CatalogArtifact.from_dict(catalog) if catalog else None
        nodes = {}
        for name in SECTIONS:
            nodes.update(getattr(manifest, name, {}) if manifest else {})
        if verb == "source":
            output = next((Path(arguments[at + 1]) for at, word in enumerate(arguments) if word in ("-o", "--output")), None)
            is_new = output or written(target / "sources.json") != before["sources.json"]
            found = (is_new and read(output or target / "sources.json") or {}).get("results", [])
            return Results(as_node({**one, "node": nodes.get(one["unique_id"])}) for one in found)
        # What an earlier command left is not this one's result; `retry` and `result:` read it, so it stays where it is.
        is_new = written(target / "run_results.json") != before["run_results.json"]
        found = read(target / "run_results.json")
        is_operation = verb == "run-operation" or verb == "retry" and found and found["args"].get("which") == "run-operation"
        # Where there is nothing to retry of an operation, dbt's results are those of the command before.
        if found is None or not is_new and not is_operation:
            if "--no-write-json" in arguments:
                return Results(self.finished(nodes))
            return Results() if verb in ("build", "run", "test", "seed", "snapshot", "retry") else None
        if is_operation:
            # dbt's result of an operation is what it writes.
            return RunResultsArtifact.from_dict(found)
        results = [run_result(one, nodes) for one in found["results"]]
        return RunExecutionResult(results=results, elapsed_time=found["elapsed_time"], args=found.get("args") or {})


def run_result(one, nodes):
    node = nodes.get(one["unique_id"])
    if node is None:
        node = Node(unique_id=one["unique_id"], name=one["unique_id"].split(".")[-1], resource_type=one["unique_id"].split(".")[0])
    node.compiled_code, node.compiled = one.get("compiled_code"), one.get("compiled")
    kinds = (TestStatus, RunStatus, NodeStatus) if node.resource_type in ("test", "unit_test") else (RunStatus, NodeStatus)
    status = next(kind(one["status"]) for kind in kinds if one["status"] in list(kind))
    batches = one.get("batch_results")
    return RunResult(
        status=status,
        timing=[TimingInfo.from_dict(part) for part in one["timing"]],
        thread_id=one["thread_id"],
        execution_time=one["execution_time"],
        adapter_response=one["adapter_response"],
        message=one["message"],
        failures=one["failures"],
        node=node,
        batch_results=BatchResults.from_dict(batches) if batches else None,
    )


def table_of(preview, output_format):
    """Rows as `show` printed them."""
    if output_format == "json":
        return agate.Table.from_object(json.loads(preview)) if json.loads(preview) else agate.Table([])
    lines = [[cell.strip() for cell in line.strip("|").split("|")] for line in preview.splitlines() if line.startswith("|")]
    return agate.Table(lines[2:], lines[0]) if lines else agate.Table([])


def run_and_capture(args=None, expect_pass=True):
    return util.run_dbt(args, expect_pass=expect_pass), Runner.told


def followed_version():
    """The version of dbt that ingot says it follows, as artifacts have it."""
    said = subprocess.run([INGOT, "dbt", "--version"], capture_output=True, text=True).stdout
    return re.search(r"installed: (\S+)", said)[1]


def put_in_place():
    if INGOT:
        dbt.version.__version__ = followed_version()
        util.dbtRunner = dbt.cli.main.dbtRunner = Runner
        util.run_dbt_and_capture = run_and_capture
        util.get_manifest = manifest_of
