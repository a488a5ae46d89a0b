"""Builds random small projects under dbt-duckdb and under ingot, and compares what the two leave.

    python tests/oracle/random_projects.py --ingot target/release/ingot [--projects 50] [--seed 1] [--keep folder]

A project is made from its number alone: seeds, sources, models of every materialization with configs at every level,
snapshots, generic, singular and unit tests with severities and limits, hooks, variables, macros, exposures, and YAML in
several forms. Some of it fails on purpose. It is built, changed, built again, and partly built. After every command the
exit code, the statuses and failures of all nodes, the compiled SQL (up to white space and comments) and the rows of every
relation must be the same. A project that differs is shown with its number: `--first NUMBER --projects 1 --keep folder`
makes it again.
"""

import argparse
import json
import os
import random
import shutil
import sys
import tempfile
from pathlib import Path

import yaml

sys.path.insert(0, str(Path(__file__).resolve().parent))
from dbt_process import in_fork, in_workers  # noqa: E402
from dbt_projects import PROFILE, Dbt, Ingot, compiled, differences, relations, statuses  # noqa: E402

COLUMNS = ("id", "grp", "val")
TAGS = ("red", "green", "blue")


class Flow(dict):
    """A mapping that is written on one line."""


class FlowList(list):
    """A list that is written on one line."""


class Text(str):
    """A text that is written as a block."""


yaml.SafeDumper.add_representer(Flow, lambda dumper, value: dumper.represent_mapping("tag:yaml.org,2002:map", value, flow_style=True))
yaml.SafeDumper.add_representer(FlowList, lambda dumper, value: dumper.represent_sequence("tag:yaml.org,2002:seq", value, flow_style=True))
yaml.SafeDumper.add_representer(Text, lambda dumper, value: dumper.represent_scalar("tag:yaml.org,2002:str", value, style="|"))


class Project:
    """The files of one project, and the commands that are run on it: lists of (files to write, command)."""

    def __init__(self, number, seed):
        self.choose = random.Random(f"{seed}-{number}")
        self.files = {}
        self.models = []  # names, in an order in which each may refer to those before
        self.kinds = {}
        self.properties = {}  # kind -> list of entries
        self.folders = {}
        self.tests = 0
        self.make()

    def chance(self, of):
        return self.choose.random() < of

    def value(self, key, value):
        """A config under `+key` or `key`, as both are allowed in dbt_project.yml."""
        return {("+" + key if self.chance(0.8) or isinstance(value, dict) else key): value}

    def shaped(self, value):
        """The same YAML value, written in another form now and then."""
        if isinstance(value, dict):
            inner = {key: self.shaped(item) for key, item in value.items()}
            return Flow(inner) if self.chance(0.15) and not any("{{" in str(item) for item in inner.values()) else inner
        if isinstance(value, list):
            inner = [self.shaped(item) for item in value]
            return FlowList(inner) if self.chance(0.3) and all(isinstance(item, (str, int)) for item in inner) else inner
        return value

    def write_yaml(self, name, document):
        self.files[name] = yaml.safe_dump(self.shaped(document), sort_keys=self.chance(0.3), width=60, allow_unicode=True)

    # What it is made of.

    def make(self):
        choose = self.choose
        self.files["profiles.yml"] = PROFILE
        self.variables = {"low": choose.randint(0, 3), "word": choose.choice(("a", "b")), "flag": self.chance(0.5)}
        self.macros()
        self.sources()
        self.seeds()
        for number in range(choose.randint(3, 8)):
            self.model(number)
        for number in range(choose.choice((0, 0, 1, 2))):
            self.snapshot(number)
        self.singular_tests()
        self.unit_tests()
        if self.chance(0.3):
            self.properties.setdefault("exposures", []).append(
                {"name": "board", "type": "dashboard", "owner": {"name": "x"}, "depends_on": [f"ref('{choose.choice(self.models)}')"]}
            )
        self.project_yaml()
        self.property_files()
        self.commands()

    def macros(self):
        self.files["macros/own.sql"] = (
            "{% macro doubled(column) %}({{ column }} * 2){% endmacro %}\n"
            "{% macro plus(column, more=1) -%}\n  {{ return(column ~ ' + ' ~ more) }}\n{%- endmacro %}\n"
            "{% test at_least(model, column_name, least=0) %}select * from {{ model }} where {{ column_name }} < {{ least }}{% endtest %}\n"
        )
        if self.chance(0.3):
            self.files["macros/names.sql"] = (
                "{% macro generate_schema_name(custom_schema_name, node) -%}\n"
                "  {{ target.schema if custom_schema_name is none else custom_schema_name | trim }}\n{%- endmacro %}\n"
            )
        if self.chance(0.2):
            self.files["macros/alias.sql"] = (
                "{% macro generate_alias_name(custom_alias_name=none, node=none) -%}\n"
                "  {{ custom_alias_name or ('x_' ~ node.name) }}\n{%- endmacro %}\n"
            )

    def rows(self, number, nulls=True):
        choose = self.choose
        out = []
        for row in range(choose.randint(0 if self.chance(0.1) else 1, 6)):
            key = row + 1 if self.chance(0.9) else choose.randint(1, 6)
            group = choose.choice(("a", "b", "c"))
            value = "" if nulls and self.chance(0.1) else str(choose.randint(0, 20))
            out.append((key, group, value))
        return out

    def seeds(self):
        self.seed_names = []
        for number in range(self.choose.randint(1, 2)):
            name = f"seed_{number}"
            lines = [",".join(COLUMNS)] + [",".join(map(str, row)) for row in self.rows(number) or [(1, "a", 1)]]
            self.files[f"seeds/{name}.csv"] = "\n".join(lines) + ("\n" if self.chance(0.8) else "")
            self.seed_names.append(name)
            entry = {"name": name}
            if self.chance(0.3):
                entry["config"] = {"column_types": {"val": self.choose.choice(("bigint", "double", "varchar"))}}
            if self.chance(0.5):
                entry["columns"] = [{"name": "id", "data_tests": self.column_tests("id")}]
            if self.chance(0.6):
                self.properties.setdefault("seeds", []).append(entry)

    def sources(self):
        """Tables that a hook makes, so that sources are there whatever is built first."""
        self.raw = [f"raw_{number}" for number in range(self.choose.randint(1, 2))]
        self.hooks = [
            f"create table if not exists {{{{ target.schema }}}}.{name} as select * from (values (1, 'a', 10), (2, 'b', 20), (3, 'a', null)) t(id, grp, val)"
            for name in self.raw
        ]
        source = {"name": "raw", "schema": "{{ target.schema }}" if self.chance(0.5) else "main", "tables": []}
        for name in self.raw:
            table = {"name": name} if self.chance(0.6) else {"name": "named_" + name, "identifier": name}
            if self.chance(0.4):
                table["columns"] = [{"name": "id", "data_tests": self.column_tests("id")}]
            source["tables"].append(table)
        self.source_names = [table["name"] for table in source["tables"]]
        self.properties["sources"] = [source]

    def test_config(self):
        choose = self.choose
        config = {}
        if self.chance(0.3):
            config["severity"] = choose.choice(("warn", "error"))
        if self.chance(0.15):
            config["warn_if"] = choose.choice((">1", "!=0", ">= 2"))
        if self.chance(0.15):
            config["error_if"] = choose.choice((">1", ">10", "> 0"))
        if self.chance(0.15):
            config["where"] = choose.choice(("id > 1", "val is not null", "grp = 'a'"))
        if self.chance(0.1):
            config["limit"] = choose.choice((1, 5))
        if self.chance(0.1):
            config["store_failures"] = True
        if self.chance(0.05):
            config["enabled"] = False
        if self.chance(0.15):
            config["tags"] = choose.choice(TAGS)
        return config

    def column_tests(self, column):
        choose = self.choose
        out = []
        for kind in choose.sample(("unique", "not_null", "accepted_values", "at_least", "relationships"), choose.randint(0, 2)):
            arguments = {}
            if kind == "accepted_values":
                arguments = {"values": choose.choice((["a", "b"], ["a", "b", "c"]))} if column == "grp" else {"values": [1, 2, 3, 4], "quote": False}
            elif kind == "at_least":
                if column == "grp":
                    continue
                arguments = {"least": choose.choice((0, 1, 5))}
            elif kind == "relationships":
                known = [name for name in getattr(self, "seed_names", [])] + self.models
                if not known or column == "val":
                    continue
                arguments = {"to": f"ref('{choose.choice(known)}')", "field": column}
            config = self.test_config()
            if not arguments and not config:
                out.append(kind)
                continue
            body = {"arguments": arguments} if arguments and self.chance(0.7) else dict(arguments)
            if config:
                body["config"] = config
            self.tests += 1
            if self.chance(0.3):
                body["name"] = f"named_{self.tests}"
            out.append({kind: body})
        return out

    def reference(self, known_ids=True):
        """Something to read, as SQL."""
        choose = self.choose
        known = self.models + self.seed_names
        if self.chance(0.25) or not known:
            return f"{{{{ source('raw', '{choose.choice(self.source_names)}') }}}}"
        name = choose.choice(known[-5:])
        if name in self.disabled():
            name = self.seed_names[0]
        return choose.choice(("{{{{ ref('{}') }}}}", "{{{{ ref( \"{}\" ) }}}}", "{{{{ref('shop', '{}')}}}}")).format(name)

    def disabled(self):
        return {name for name, kind in self.kinds.items() if kind == "disabled"}

    def query(self):
        """A query with the columns id, grp, val."""
        choose = self.choose
        value = choose.choice(("val", "val", "{{ doubled('val') }}", "{{ plus('val', more=var('low')) }}", "coalesce(val, 0)"))
        condition = choose.choice(("", "", "where id > {{ var('low') }}", "where grp = '{{ var(\"word\") }}'", "where id < {{ var('not_there', 4) }}"))
        forms = [
            f"select id, grp, {value} as val\nfrom {self.reference()}\n{condition}",
            f"with a as (\n  select * from {self.reference()}\n)\nselect id, grp, {value} as val from a {condition}",
            f"select id, grp, {value} as val from {self.reference()}\nunion all\nselect id, grp, val from {self.reference()} {condition}",
            "{% set names = ['id', 'grp'] %}\nselect {% for name in names %}{{ name }}, {% endfor %}" + f"{value} as val\nfrom {self.reference()} -- a comment\n{condition}",
            "{%- if var('flag') -%}\nselect id, grp, val" + f" from {self.reference()}\n" + "{%- else -%}\n" + f"select id, grp, {value} as val from {self.reference()} {condition}\n" + "{%- endif -%}",
            f"{{# a remark #}}\nselect distinct id, grp, {value} as val\nfrom {self.reference()} {condition}",
        ]
        return choose.choice(forms)

    def model(self, number):
        choose = self.choose
        name = f"m{number}"
        kind = choose.choices(("view", "table", "ephemeral", "incremental", "disabled"), (4, 4, 3, 3, 0.5))[0]
        folder = choose.choice(("", "one/", "two/", "one/deep/"))
        config = {}
        body = self.query()
        if kind == "incremental":
            strategy = choose.choice((None, "append", "delete+insert", "merge"))
            if strategy:
                config["incremental_strategy"] = strategy
            if strategy != "append" and self.chance(0.7):
                config["unique_key"] = choose.choice(("id", ["id"], ["id", "grp"]))
            if self.chance(0.4):
                config["on_schema_change"] = choose.choice(("ignore", "append_new_columns", "sync_all_columns", "fail"))
            body = f"select * from (\n{body}\n) q\n{{% if is_incremental() %}}where id >= (select coalesce(max(id), 0) from {{{{ this }}}}){{% endif %}}"
        if self.chance(0.06) and kind != "disabled":
            body = choose.choice(("select cast('x' as integer) as id, 'a' as grp, 1 as val", "select id, grp, nothing as val from {{ ref('seed_0') }}"))
        if self.chance(0.03) and kind not in ("disabled", "ephemeral"):
            body = "{{ exceptions.raise_compiler_error('not today') if execute }}\n" + body
        if kind != "disabled":
            config["materialized"] = kind
        else:
            config["enabled"] = False
        if self.chance(0.25):
            config["tags"] = choose.choice((choose.choice(TAGS), [TAGS[0], TAGS[2]]))
        if self.chance(0.15) and kind != "ephemeral":
            config["alias"] = f"also_{name}"
        if self.chance(0.15) and kind != "ephemeral":
            config["schema"] = "extra"
        if self.chance(0.1):
            config["meta"] = {"owner": "x", "n": 1}
        if self.chance(0.15) and kind in ("table", "view", "incremental"):
            config[choose.choice(("pre_hook", "post_hook"))] = choose.choice(("select 1", "select '{{ this.name }}'", ["select 1", "select 2"]))
        in_file, in_yaml = {}, {}
        for key, value in config.items():
            (in_file if self.chance(0.6) else in_yaml)[key] = value
        header = ""
        if in_file:
            arguments = ", ".join(f"{key}={value!r}" for key, value in in_file.items())
            header = choose.choice(("{{{{ config({}) }}}}\n", "{{{{\n  config(\n    {}\n  )\n}}}}\n\n", "{{%- do config({}) -%}}\n")).format(arguments)
        self.files[f"models/{folder}{name}.sql"] = header + body + choose.choice(("\n", "", "\n\n"))
        self.folders[name] = folder
        entry = {"name": name}
        if in_yaml:
            entry["config"] = in_yaml
        columns = []
        for column in COLUMNS:
            if self.chance(0.35):
                tests = self.column_tests(column)
                one = {"name": column}
                if self.chance(0.3):
                    one["description"] = choose.choice(("plain", "{{ doc('about') }}", Text("two\nlines\n")))
                    if "doc(" in str(one["description"]):
                        self.files["models/about.md"] = "{% docs about %}\nWhat it *is*.\n{% enddocs %}\n"
                if tests:
                    one[choose.choice(("tests", "data_tests"))] = tests
                columns.append(one)
        if columns:
            entry["columns"] = columns
        if in_yaml or columns or self.chance(0.2):
            self.properties.setdefault("models", []).append(entry)
        self.kinds[name] = kind
        if kind != "disabled":
            self.models.append(name)
        if not self.models:
            self.kinds.pop(name)

    def snapshot(self, number):
        choose = self.choose
        name = f"snap_{number}"
        read = choose.choice([model for model in self.models if self.kinds[model] != "ephemeral"] + self.seed_names)
        config = {"unique_key": "id", "strategy": "check", "check_cols": choose.choice(("all", ["val"], ["val", "grp"]))}
        if self.chance(0.3):
            config["hard_deletes"] = choose.choice(("ignore", "invalidate", "new_record"))
        query = f"select id, min(grp) as grp, min(val) as val from {{{{ ref('{read}') }}}} group by id"
        if self.chance(0.6):
            arguments = ", ".join(f"{key}={value!r}" for key, value in config.items())
            self.files[f"snapshots/{name}.sql"] = f"{{% snapshot {name} %}}\n{{{{ config({arguments}) }}}}\n{query}\n{{% endsnapshot %}}\n"
        else:
            self.files[f"models/{name}_input.sql"] = query + "\n"
            self.kinds[f"{name}_input"] = "view"
            self.properties.setdefault("snapshots", []).append({"name": name, "relation": f"ref('{name}_input')", "config": config})
        if self.chance(0.5) and self.chance(0.5):
            self.files[f"models/after_{name}.sql"] = f"select id, count(*) as n from {{{{ ref('{name}') }}}} group by id\n"

    def singular_tests(self):
        for number in range(self.choose.choice((0, 1, 2))):
            config = self.test_config()
            config.pop("where", None)
            header = ""
            if config:
                header = "{{ config(" + ", ".join(f"{key}={value!r}" for key, value in config.items()) + ") }}\n"
            text = f"select * from {self.reference()} where {self.choose.choice(('id > 3', 'val < 0', 'id is null'))}\n"
            if self.chance(0.4):
                text = f"select a.* from {self.reference()} a join {self.reference()} b using (id) where a.val > {self.choose.choice((5, 100))}\n"
            self.files[f"tests/singular_{number}.sql"] = header + text

    def unit_tests(self):
        for number in range(self.choose.choice((0, 0, 1, 1))):
            name = f"of_unit_{number}"
            read = self.seed_names[0]
            self.files[f"models/{name}.sql"] = f"select grp, sum(val) as total from {{{{ ref('{read}') }}}} where id > {{{{ var('low') }}}} group by grp\n"
            self.models.append(name)
            self.kinds[name] = "view"
            total = self.choose.choice((5, 5, 5, 6))
            rows = [{"id": 10, "grp": "a", "val": 2}, {"id": 11, "grp": "a", "val": 3}, {"id": -1, "grp": "b", "val": 7}]
            given, expect = {"input": f"ref('{read}')", "rows": rows}, {"rows": [{"grp": "a", "total": total}]}
            if self.chance(0.3):
                given = {"input": f"ref('{read}')", "format": "csv", "rows": Text("id,grp,val\n10,a,2\n11,a,3\n")}
            if self.chance(0.3):
                expect = {"format": "sql", "rows": f"select 'a' as grp, {total} as total"}
            self.properties.setdefault("unit_tests", []).append({"name": f"unit_{number}", "model": name, "given": [given], "expect": expect})

    def project_yaml(self):
        choose = self.choose
        top = {"name": "shop", "version": choose.choice(("1.0", "1.0.0")), "profile": "case", "config-version": 2, "vars": self.variables}
        top["on-run-start"] = self.hooks if self.chance(0.7) else self.hooks + ["{{ log('begin') }}"]
        if self.chance(0.4):
            top["on-run-end"] = choose.choice(("select 1", ["select {{ results | length }}"], "{% for one in results %}{% endfor %}"))
        models = {}
        for folder in ("one", "two"):
            if self.chance(0.4):
                models[folder] = {}
                if self.chance(0.4):
                    models[folder].update(self.value("materialized", choose.choice(("table", "view", "ephemeral"))))
                if self.chance(0.4):
                    models[folder].update(self.value("tags", choose.choice((list(TAGS[:2]), TAGS[1]))))
                if self.chance(0.2):
                    models[folder].update(self.value("schema", "{{ 'ext' ~ 'ra' }}" if self.chance(0.5) else "extra"))
                if folder == "one" and self.chance(0.3):
                    models[folder]["deep"] = self.value("materialized", "table")
        if self.chance(0.2):
            models.update({"+meta": {"team": "t"}})
        top["models"] = {"shop": models}
        if self.chance(0.2):
            top["models"].update({"+persist_docs": {"relation": True, "columns": True}})
        if self.chance(0.2):
            top["data_tests"] = {"shop": self.value("severity", "warn")} if self.chance(0.5) else {"+store_failures": True}
        if self.chance(0.2):
            top["seeds"] = {"shop": {"+quote_columns": False}}
        self.write_yaml("dbt_project.yml", top)

    def property_files(self):
        """The entries over one or several files; those of a kind need not be in one."""
        files = {}
        for kind, entries in self.properties.items():
            for entry in entries:
                name = {"seeds": "seeds/seeds.yml", "snapshots": "snapshots/snapshots.yml"}.get(kind, f"models/{self.choose.choice(('a', 'b'))}.yml")
                files.setdefault(name, {"version": 2} if self.chance(0.5) else {}).setdefault(kind, []).append(entry)
        for name, document in files.items():
            self.write_yaml(name, document)

    def selection(self):
        choose = self.choose
        name = choose.choice(self.models)
        word = choose.choice((name, f"{name}+", f"+{name}", f"1+{name}", f"@{name}", f"tag:{choose.choice(TAGS)}", "path:models/one", "config.materialized:table", "resource_type:model", f"{name}+,tag:red", "source:raw+", "test_type:generic"))
        return word

    def changed(self):
        """Other rows in the seeds, and now and then another model."""
        out = {}
        for name in self.seed_names:
            lines = [",".join(COLUMNS)] + [",".join(map(str, row)) for row in self.rows(0) or [(2, "b", 5)]]
            out[f"seeds/{name}.csv"] = "\n".join(lines) + "\n"
        if self.chance(0.3):
            name = self.choose.choice(self.models)
            file = f"models/{self.folders.get(name, '')}{name}.sql"
            text = self.files.get(file, "")
            if "as val" in text:
                out[file] = text.replace("as val", "as val, 1 as more", 1)
        return out

    def commands(self):
        choose = self.choose
        self.steps = [({}, ["build"])]
        for _ in range(choose.randint(2, 3)):
            verb = choose.choices(("build", "run", "test", "snapshot", "seed", "compile"), (5, 3, 1, 1, 1, 1))[0]
            words = [verb]
            if verb not in ("seed", "snapshot") and self.chance(0.5):
                words += [choose.choice(("--select", "--select", "--exclude")), self.selection()]
                if self.chance(0.2):
                    words.append(self.selection())
            if verb in ("build", "run", "seed") and self.chance(0.25):
                words.append("--full-refresh")
            if verb in ("build", "test") and self.chance(0.15):
                words += ["--indirect-selection", choose.choice(("cautious", "buildable", "empty"))]
            if self.chance(0.2):
                words += ["--vars", json.dumps({"low": choose.randint(0, 4)})]
            if verb in ("build", "test") and self.chance(0.1):
                words.append("--store-failures")
            self.steps.append((self.changed() if self.chance(0.6) else {}, words))


def one_side(project, tool, folder):
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    out = []
    for number, (changes, words) in enumerate(project.steps):
        for name, text in (project.files if number == 0 else changes).items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text)
        (folder / "target" / "run_results.json").unlink(missing_ok=True)
        shutil.rmtree(folder / "target" / "compiled", ignore_errors=True)
        code, said, errors = tool.run(words, folder)
        state = {"rows": in_fork(relations, folder), "compiled SQL": compiled(folder)}
        out.append({"code": code, "statuses": statuses(folder), "said": said + errors, **state})
    return out


def compare(project, theirs, ours):
    for number, ((_, words), a, b) in enumerate(zip(project.steps, theirs, ours)):
        name = f"step {number}, {' '.join(words)}"
        found = []
        if a["code"] != b["code"]:
            found.append(f"{name}: exit code {a['code']} under dbt, {b['code']} under ingot\n{a['said']}\n{b['said']}")
        for what in ("statuses", "compiled SQL", "rows"):
            found += differences(name, what, a[what], b[what])
        if found:
            # What comes after it is mostly its consequence.
            return found
    return []


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ingot", default="target/release/ingot")
    parser.add_argument("--projects", type=int, default=20)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", help="a folder in which the projects that differ stay, to be looked at")
    parser.add_argument("--workers", type=int, default=os.cpu_count())
    arguments = parser.parse_args()
    ingot = Ingot(os.path.abspath(arguments.ingot), threads=2)

    def one(number):
        project = Project(number, arguments.seed)
        with tempfile.TemporaryDirectory() as folder:
            folder = Path(arguments.keep or folder).resolve() / str(number)
            theirs = one_side(project, Dbt(), folder / "dbt")
            ours = one_side(project, ingot, folder / "ingot")
            found = compare(project, theirs, ours)
            if arguments.keep and not found:
                shutil.rmtree(folder)
        refused = theirs[0]["code"] == 2
        return number, found, len(project.steps), sum(len(step["statuses"]) for step in theirs), refused

    numbers = range(arguments.first, arguments.first + arguments.projects)
    different, commands, nodes, refusals = 0, 0, 0, 0
    for number, found, steps, seen, refused in in_workers(one, numbers, min(arguments.workers, len(numbers))):
        different += bool(found)
        commands, nodes, refusals = commands + steps, nodes + seen, refusals + refused
        if found:
            print(f"DIFFERENT project {number}", *found, sep="\n  ", flush=True)
    print(f"{len(numbers)} projects, {commands} commands, {nodes} results of nodes, {refusals} projects that dbt refuses, {different} different")
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
