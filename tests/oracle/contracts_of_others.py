"""Reads the example contracts of the Open Data Contract Standard with ingot, and compares with `datacontract lint`.

usage: contracts_of_others.py INGOT DATACONTRACT FOLDER. FOLDER is docs/examples of a checkout of the standard's repository,
DATACONTRACT the command of the PyPI package datacontract-cli. What lint takes, ingot must read, and what lint refuses,
ingot must refuse with its line, except for the differences listed here. Exits 1 on any other difference.
"""

import json
import pathlib
import subprocess
import sys

# Examples that use what ODCS 3.1 has under an apiVersion of 3.0. Lint goes by the JSON schema of 3.0; ingot understands them.
OF_A_LATER_VERSION = {
    "column-completeness.odcs.yaml": "metric, which 3.0 calls rule",
    "all-data-types.odcs.yaml": "exclusiveMinimum with a value, which 3.0 takes as true or false",
    "basic-four-dpo.odcs.yaml": "team with members, which 3.0 takes as a list",
}


def lint(command, path):
    run = subprocess.run([command, "lint", "--no-inline-references", str(path)], capture_output=True, text=True)
    return run.returncode == 0


def read(ingot, path):
    run = subprocess.run([ingot, "contract", "check", str(path), "--format", "json"], capture_output=True, text=True)
    answer = json.loads(run.stdout)
    assert (run.returncode == 0) == (not answer["errors"]), (path, run)
    assert all(error["line"] for error in answer["errors"]), ("an error without a line", answer["errors"])
    return answer


def main():
    ingot, command, folder = sys.argv[1:]
    examples = sorted(pathlib.Path(folder).rglob("*.yaml"))
    agree, differ = 0, []
    for path in examples:
        valid, answer = lint(command, path), read(ingot, path)
        known = not valid and not answer["errors"] and OF_A_LATER_VERSION.get(path.name)
        if valid == (not answer["errors"]):
            agree += 1
        elif known:
            print(f"{path.name}: read by ingot, refused by lint: {known}")
        else:
            differ.append(f"{path}: lint says {'valid' if valid else 'invalid'}, ingot says {answer['errors'] or 'valid'}")
    print(f"{len(examples)} examples: {agree} as lint says, {len(differ)} differ")
    print("\n".join(differ))
    sys.exit(1 if differ or not examples else 0)


if __name__ == "__main__":
    main()
