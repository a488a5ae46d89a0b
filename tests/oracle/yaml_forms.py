"""Some two thousand forms of YAML as PyYAML reads them, and as ingot does.

    python tests/oracle/yaml_forms.py INGOT [--all]        --all shows every difference, not only the first twenty

Each form is handed to `fromyaml()` of a template, which is dbt's `yaml.load` with libyaml's loader. Dates are left out of the
comparison: they stay the text that is written (docs/reference/dbt-compatibility.md). What PyYAML refuses must be
refused, and what it takes must give the same value.
"""

import json
import math
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import yaml

SCALARS = """
a|1|-1|+1|0|00|01|017|0o17|0x1F|0b101|1_000|1_0.5|1:30|190:20:30|1:60|1.5|-1.5|+1.5|.5|-.5|5.|1e3|1.0e3|1.0e+3|1.0e-3|1E5|.inf|-.inf|+.inf|.Inf|.INF|.nan|.NaN|inf|nan
true|True|TRUE|tRUE|false|False|yes|Yes|YES|no|No|NO|on|On|ON|off|OFF|y|n|Y|N|null|Null|NULL|~||nulll
'a'|"a"|'1'|"1"|'true'|'it''s'|"it's"|"a\\tb"|"a\\nb"|"\\u00e9"|"\\x41"|"\\U0001F600"|"\\/"|"\\e"|"\\q"|'a\\nb'|''|""|"unclosed|'unclosed
a b|a  b|a: b|a:b|a :b|a#b|a #b|a # b|#a|-a|- a|a-|?a|? a|:a|: a|a:|[a|a]|{a|a}|,a|a,|a, b|&a|*a|!a|!!str 1|!!int "1"|!!float 1|!!bool "yes"|!!null x|!!binary aGVsbG8=|!!set {a}|!custom a|%a|@a|`a|`a`|a`|a@b|a%|<<|=|<|>|>a|\\|a|--- |...
{{ var('a') }}|"{{ var('a') }}"|'{{ var("a") }}'|{{ a }}|a {{ b }}|{% if a %}|{a: b}|{a: b, c: d}|{a, b}|{a: , b: }|{a: b,}|{,}|{}|{ }|{a: {b: [c, {d: e}]}}|{"a": 1}|{"a":1}|{a:1}|{a: 'b'}|{'a': b}|{a: "b"}|{a: b c}|{a: b: c}|{? a : b}|{1: a}|{true: a}|{null: a}|{~: a}|{1.5: a}|{[a]: b}|{{a: b}: c}
[]|[ ]|[a]|[a, b]|[a,b]|[a, ]|[a,]|[,]|[a, , b]|[[a], [b]]|[{a: b}]|[a: b]|[a: b, c]|['a', "b"]|[1, 1.5, true, null, ~]|[a b, c d]|[a #b]|[a]b|[a] #b|[ a , b ]|["a":1]|["a": 1]|[- a]|[{}, []]
""".strip("\n")

AROUND = {
    "value": "k: {}\n",
    "top": "{}\n",
    "item": "- {}\n",
    "nested": "a:\n  b:\n    - {}\n    - z\n",
    "next line": "k:\n  {}\nl: z\n",
    "tab after colon": "k:\t{}\n",
    "comment": "k: {} # said\n",
    "in flow list": "k: [{}]\n",
    "in flow map": "k: {{a: {}}}\n",
    "key": "{}: z\n",
    "no newline": "k: {}",
    "carriage return": "k: {}\r\nl: z\r\n",
}

TEXTS = ["a\n", "a\nb\n", "a\n\nb\n", "a\n  b\nc\n", "a\n\n", "\na\n", "a", "  a\n", "a \n", "- a\n", "a: b\n", "# a\n", "{{ a }}\n", "\ta\n", "é\n"]
BLOCKS = ["|", "|-", "|+", ">", ">-", ">+", "|2", "|4", ">2", "|-2", "|2-", "|1", "| # said", "|x"]

WHOLE = r"""
a: 1\na: 2\n
a: 1\nb: 2\na: 3\n
a: {b: 1, b: 2}\n
- a: 1\n  a: 2\n
a: &x 1\nb: *x\n
a: &x {b: 1}\nc: *x\n
a: &x [1, 2]\nb: [*x, *x]\n
a: &x {b: 1}\nc:\n  <<: *x\n  d: 2\n
a: &x {b: 1}\nc:\n  <<: *x\n  b: 2\n
a: &x {b: 1}\nc:\n  b: 2\n  <<: *x\n
a: &x {b: 1}\ny: &y {b: 3, e: 4}\nc:\n  <<: [*x, *y]\n
a: &x {b: 1}\ny: &y {b: 3, e: 4}\nc: {<<: *x, <<: *y}\n
c:\n  <<: {b: 1}\n
c:\n  <<: 1\n
a: *nope\n
a: &x 1\na2: &x 2\nb: *x\n
&x a: 1\nb: *x\n
a: &x\nb: *x\n
a: &x\n  b: *x\n
---\na: 1\n
--- a\n
---\na: 1\n...\n
---\na: 1\n---\nb: 2\n
a: 1\n...\nb: 2\n
%YAML 1.1\n---\na: 1\n
%YAML 1.2\n---\na: 1\n
%YAML 2.0\n---\na: 1\n
%TAG ! tag:x,2000:\n---\na: 1\n
\n
# only a comment\n
\ufeffa: 1\n
a: 1\n\tb: 2\n
a:\n\tb: 2\n
a:\n  b: 1\n c: 2\n
a:\n  b: 1\n   c: 2\n
a:\n- b\n- c\n
a:\n  - b\n  - c\n
a:\n  - b\n - c\n
a:\n - b\n - c\nd: e\n
- a\n- b\nc: d\n
- - a\n  - b\n- c\n
- a: 1\n  b: 2\n- c\n
-\n  a: 1\n
-\n- a\n
- \n- a\n
a:\nb:\n
a: \n  \nb: 1\n
a: b\n  c\n
a: b\n  c\n\n  d\ne: f\n
a: b\n c: d\n
a: "b\n  c"\n
a: "b\nc"\n
a: 'b\n\n  c'\n
a: "b \\\n  c"\n
a: [b,\n  c]\n
a: [b,\nc]\n
a: [\n  b,\n  c\n]\n
a: [\n  b,\n  c,\n]\nd: e\n
a: {\n  b: c,\n  d: e\n}\n
a: {\n  b: c,\n  d: e\n}\nf: g\n
a:\n  b: {\n    c: d\n}\n  e: f\n
a:\n  b: [\n{c: d},\n{e: f}\n  ]\n
a: {b: c # said\n  , d: e}\n
a: # said\n  b: c\n
a: b# said\n
a: 'b' # said\n
a: 'b'# said\n
'a': 1\n"b": 2\n
a : 1\n
a: b: c\n
a:b: c\n
a::b: c\n
a: b:\n
"a":1\n
"a": 1\n
? a\n: b\n
? a\n
? [a, b]\n: c\n
? - a\n: c\n
? {a: b}\n: c\n
1: a\n1.0: b\n
true: a\n
null: a\n
~: a\n
: a\n
on: a\n
yes: a\nno: b\n
2020-01-01: a\n
a: !!str\n
a: !!map {b: c}\n
a: !!seq [b]\n
a: !!omap [b: c]\n
a: !!python/none x\n
a: !!python/object/apply:os.system [ls]\n
a: !ruby x\n
a: |\n  b\nc: >\n  d\n
a: |\n\n\n  b\n
a: |\n  b\n # said\nc: d\n
a: |\n    b\n  c\n
a: >\n  b\n  c\n\n  d\n    e\n  f\n
- |\n  a\n- >-\n  b\n
- |\n a\n-\n b\n
a:\n  - b: |\n      c\n    d: e\n
a: - b\n
a: [b]\n  c: d\n
a: b\n\nc: d\n\n\n
 a: b\n c: d\n
  - a\n  - b\n
a: "\n
a: '\n
a: [\n
a: {\n
a: ]\n
a: }\n
a: b]\n
a: \x07\n
a: \x7f\n
a: "\x01"\n
a: \u2028b\n
a: \u00a0b\n
a: b\u0085c: d\n
a: 😀\n
é: ü\n
a: b\rc: d\r
a: b\r\nc: d\r\n
a: 99999999999999999999\n
a: -9223372036854775808\n
a: 9223372036854775808\n
a: 0xFFFFFFFFFFFFFFFF\n
a: 1e400\n
a: 1.0e400\n
a: 123456789012345678901234567890.5\n
a: 1.7976931348623157e+308\n
a: 0.1\n
a: 1.10\n
a: 1_\n
a: _1\n
a: 0_1\n
a: 08\n
a: 0b12\n
a: 0xG\n
a: 1__0\n
a: 1:2:3.5\n
a: -1:30\n
models:\n  - name: a\n    columns:\n      - name: b\n        tests:\n          - unique\n          - accepted_values:\n              values: ['a', 'b']\n
models:\n- name: a\n  config:\n    +tags: [x]\n    meta: {a: 1, "b": [1, 2]}\n
vars:\n  'a:b': 1\n  "c": 2\n
on-run-start:\n  - "{{ log('a') }}"\n  - select 1\n
a: >-\n  {{ b }}\n\n
a: "{{ config(x='y') }}"\n
a: {{ b }}\n
""".strip("\n")


def forms():
    for line in SCALARS.split("\n"):
        for scalar in line.replace("\\|", "\0").split("|"):
            scalar = scalar.replace("\0", "|")
            for around in AROUND.values():
                yield around.replace("{}", "\0").replace("{{", "{").replace("}}", "}").replace("\0", scalar)
    for block in BLOCKS:
        for text in TEXTS:
            for end in ("", "b: c\n", "\n\nb: c\n", "# said\n"):
                yield f"a: {block}\n" + "".join(f"  {line}" for line in text.splitlines(keepends=True)) + end
    for form in WHOLE.split("\n"):
        yield form.encode("latin-1", "backslashreplace").decode("unicode_escape") if "\\" in form else form


# What differs and stays so, by what the form matches.
KNOWN = {
    r"!!binary": "bytes stay base64",
}



class Loader(yaml.CSafeLoader):
    """dbt's loader, with dates as text."""


Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}


def plain(value):
    """A value as JSON has it, so that both sides are compared in one form."""
    if isinstance(value, dict):
        return {key_text(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, set):
        return {key_text(key): None for key in value}
    if isinstance(value, bytes):
        return value.decode("latin-1")
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, int) and not isinstance(value, bool) and not -(1 << 63) <= value < 1 << 63:
        return str(value)
    return value


def key_text(key):
    if key is None:
        return "null"
    if isinstance(key, bool):
        return str(key).lower()
    return str(key) if isinstance(key, (str, int, float)) else repr(key)


def of_pyyaml(text):
    try:
        return plain(yaml.load(text, Loader))
    except (yaml.YAMLError, ValueError, OverflowError, TypeError, RecursionError):
        return "REFUSED"


def of_ingot(ingot, texts):
    """All forms in one operation, a line of JSON for each."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "macros").mkdir()
        (root / "dbt_project.yml").write_text("name: forms\nprofile: forms\nversion: '1.0'\n")
        (root / "profiles.yml").write_text("forms: {target: a, outputs: {a: {type: duckdb, path: a.duckdb}}}\n")
        calls = "\n".join(f"{{% do print(tojson([fromyaml({json.dumps(text, ensure_ascii=False)}, 'REFUSED')])) %}}" for text in texts)
        (root / "macros" / "forms.sql").write_text(f"{{% macro forms() %}}\n{calls}\n{{% endmacro %}}\n")
        command = [ingot, "dbt", "run-operation", "forms", "--project-dir", folder, "--profiles-dir", folder]
        ran = subprocess.run(command, capture_output=True, text=True)
        lines = [line for line in ran.stdout.splitlines() if line.startswith("[")]
        if len(lines) != len(texts):
            sys.exit(f"{len(lines)} answers to {len(texts)} forms\n{ran.stdout[-2000:]}{ran.stderr[-2000:]}")
        return [json.loads(line)[0] for line in lines]


def same(ours, theirs):
    if isinstance(ours, dict) and isinstance(theirs, dict):
        return ours.keys() == theirs.keys() and all(same(ours[key], theirs[key]) for key in ours)
    if isinstance(ours, list) and isinstance(theirs, list):
        return len(ours) == len(theirs) and all(map(same, ours, theirs))
    return type(ours) is type(theirs) and ours == theirs


def main():
    texts = list(dict.fromkeys(forms()))
    differing = []
    for text, ours in zip(texts, of_ingot(sys.argv[1], texts), strict=True):
        theirs = of_pyyaml(text)
        known = any(re.search(pattern, text) for pattern in KNOWN)
        if not known and not same(ours, theirs):
            differing.append(f"{text!r}\n  PyYAML {theirs!r}\n  ingot  {ours!r}")
    for line in differing if "--all" in sys.argv else differing[:20]:
        print(line)
    print(f"{len(texts)} forms, {len(differing)} differ")
    sys.exit(bool(differing))


if __name__ == "__main__":
    main()
