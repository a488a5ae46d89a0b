"""Writes what the real jinja2 makes of every case under crates/jinja/tests/it/cases.

    python tests/oracle/jinja_cases.py            rewrites the *.expected.json files
    python tests/oracle/jinja_cases.py --check    fails if one of them differs

Needs the packages jinja2 and pytz. `<name>.lines.jinja`: each line is a template. `<name>.blocks.jinja`: templates,
each under a line `=== title`. All see the names of context.json.
"""

import datetime
import decimal
import itertools
import json
import pathlib
import re
import sys

import jinja2
import jinja2.runtime
import jinja2.sandbox
import pytz

CASES = pathlib.Path(__file__).resolve().parents[2] / "crates" / "jinja" / "tests" / "it" / "cases"


class Return(BaseException):
    def __init__(self, value):
        self.value = value


def give(data=None):
    raise Return(data)


invoke = jinja2.runtime.Macro._invoke


def catching(self, arguments, autoescape):
    """A macro gives what `return(...)` in it gave; the block of a `call` does not catch it."""
    try:
        return invoke(self, arguments, autoescape)
    except Return as returned:
        if self.name is None:
            raise
        return returned.value


jinja2.runtime.Macro._invoke = catching

KINDS = [
    (jinja2.UndefinedError, "Undefined"),
    (jinja2.sandbox.SecurityError, "Security"),
    (jinja2.TemplateSyntaxError, "Syntax"),
    (RecursionError, "Recursion"),
    (decimal.InvalidOperation, "Value"),
    (ZeroDivisionError, "ZeroDivision"),
    (decimal.Overflow, "Overflow"),
    (OverflowError, "Overflow"),
    (KeyError, "Key"),
    (IndexError, "Index"),
    (TypeError, "Type"),
    (ValueError, "Value"),
    (AssertionError, "Value"),
    (re.error, "Value"),
    (AttributeError, "Type"),
    (jinja2.exceptions.FilterArgumentError, "Value"),
    (jinja2.TemplateRuntimeError, "Type"),
]


def kind_of(error):
    if isinstance(error, jinja2.TemplateAssertionError) or "No filter named" in str(error) or "No test named" in str(error):
        if "No filter" in str(error):
            return "UnknownFilter"
        if "No test" in str(error):
            return "UnknownTest"
    return next(name for cls, name in KINDS if isinstance(error, cls))


def run(source, context):
    environment = jinja2.sandbox.SandboxedEnvironment(extensions=["jinja2.ext.do", "jinja2.ext.loopcontrols"])
    names = dict(json.loads(context))
    names["return"] = give
    names["Decimal"] = decimal.Decimal
    names["modules"] = {"datetime": datetime, "pytz": pytz, "re": re, "itertools": itertools}
    try:
        return {"out": environment.from_string(source).render(names)}
    except Exception as error:
        return {"error": kind_of(error)}


def cases(path):
    text = path.read_text()
    if path.name.endswith(".lines.jinja"):
        return [line for line in text.split("\n") if line and not line.startswith("##")]
    return [block.split("\n", 1)[1].removesuffix("\n") for block in ("\n" + text).split("\n=== ")[1:]]


def main():
    check = "--check" in sys.argv
    context = (CASES / "context.json").read_text()
    differing = []
    for path in sorted(CASES.glob("*.jinja")):
        results = [{"case": case, **run(case, context)} for case in cases(path)]
        text = json.dumps(results, indent=1, ensure_ascii=False) + "\n"
        target = path.with_suffix(".expected.json")
        if check:
            if not target.exists() or target.read_text() != text:
                differing.append(target.name)
        else:
            target.write_text(text)
            print(f"{target.name}: {len(results)} cases, {sum('error' in r for r in results)} of them errors")
    if differing:
        sys.exit(f"not what jinja2 {jinja2.__version__} gives: {', '.join(differing)}")


main()
