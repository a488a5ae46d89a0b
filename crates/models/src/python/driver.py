"""Runs a Python model for ingot: gives it the objects that dbt-duckdb gives it, and keeps what it returns."""

import importlib.util
import json
import sys
import traceback


def quoted(name):
    return '"' + name.replace('"', '""') + '"'


def literal(text):
    return "'" + text.replace("'", "''") + "'"


class Config:
    """`dbt.config`."""

    def __init__(self, values):
        self._values = values

    def __call__(self, *args, **kwargs):
        return ""

    def get(self, key, default=None):
        return self._values.get(key, default)

    def meta_get(self, key, default=None):
        return (self._values.get("meta") or {}).get(key, default)


class This:
    """`dbt.this`: the table that the model makes."""

    def __init__(self, parts):
        self.database = parts["database"]
        self.schema = parts["schema"]
        self.identifier = parts["identifier"]
        self._text = parts["text"]

    def __repr__(self):
        return self._text


class Dbt:
    """`dbt`, the first argument of a model."""

    def __init__(self, job, connection):
        self._job = job
        self._connection = connection
        self.config = Config(job["config"])
        self.this = This(job["this"])
        self.is_incremental = job["is_incremental"]

    def _read(self, kind, key):
        known = self._job[kind]
        if key not in known:
            raise KeyError(f"{kind[:-1]} '{key}' was not found when the project was parsed: write its name as a literal in the model")
        return self._connection.query(f"select * from {known[key]}")

    def ref(self, *args, **kwargs):
        key = ".".join(args)
        version = kwargs.get("v") or kwargs.get("version")
        return self._read("refs", f"{key}.v{version}" if version else key)

    def source(self, *args):
        return self._read("sources", ".".join(args))


def load(job):
    spec = importlib.util.spec_from_file_location(job["name"], job["code"])
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def keep(result, connection, file):
    connection.execute(f"attach {literal(file)} as ingot_result (storage_version 'v1.2.0')")
    try:
        import pyarrow

        if isinstance(result, pyarrow.Table):
            import pyarrow.dataset  # noqa: F401
    except ImportError:
        pass
    connection.register("ingot_returned", result)
    connection.execute("create table ingot_result.main.result as select * from ingot_returned")


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        job = json.load(file)
    try:
        import duckdb
    except ImportError:
        sys.exit("ingot: the Python that runs Python models has no package duckdb")
    connection = duckdb.connect(":memory:")
    for name, path in job["databases"]:
        connection.execute(f"attach {literal(path)} as {quoted(name)}")
    this = job["this"]
    if this["database"] not in [name for name, _ in job["databases"]]:
        connection.execute(f"attach ':memory:' as {quoted(this['database'])}")
    place = f"{quoted(this['database'])}.{quoted(this['schema'])}"
    connection.execute(f"create schema if not exists {place}")
    connection.execute(f"use {place}")
    try:
        module = load(job)
        keep(module.model(Dbt(job, connection), connection), connection, job["result"])
    except Exception as error:
        # What is told begins in the model; its copy has the name that it has in the project.
        frames = traceback.format_exception(type(error), error, error.__traceback__)
        text = "".join(frames).replace(job["code"], job["shown_file"])
        sys.exit(text)
    connection.close()


main()
