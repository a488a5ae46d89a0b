"""dbt as a process that starts at once: its modules are imported here, and every command runs in a fork of this process.

Importing dbt takes longer than a small project's build. A fork has everything imported and nothing else: what dbt keeps
in its modules while it runs is gone with the fork.
"""

import multiprocessing
import os
import sys
import tempfile

import dbt.adapters.duckdb  # noqa: F401
import dbt.cli.main
import dbt.task.build  # noqa: F401
import dbt.task.docs.generate  # noqa: F401

FORK = multiprocessing.get_context("fork")


def in_fork(function, *arguments):
    """What `function` returns, computed in a fork; the exception it ends with, if it does."""
    reader, writer = FORK.Pipe(duplex=False)

    def work():
        try:
            writer.send((function(*arguments), None))
        except BaseException as error:  # noqa: BLE001
            writer.send((None, f"{type(error).__name__}: {error}"))

    child = FORK.Process(target=work)
    child.start()
    writer.close()
    try:
        value, error = reader.recv()
    except EOFError:
        value, error = None, "the process ended without an answer"
    child.join()
    if error:
        raise RuntimeError(error)
    return value


def dbt_command(words, folder):
    """Exit code, standard output and standard error of a dbt command, run in `folder`."""

    def work(out, err):
        os.chdir(folder)
        os.environ.update(DBT_PROFILES_DIR=".", DBT_SEND_ANONYMOUS_USAGE_STATS="false")
        os.dup2(out.fileno(), 1)
        os.dup2(err.fileno(), 2)
        sys.argv = ["dbt", *words]
        try:
            dbt.cli.main.cli()
        except SystemExit as ended:
            code = ended.code
        sys.stdout.flush()
        sys.stderr.flush()
        return code if isinstance(code, int) else 0 if code is None else 1

    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        code = in_fork(work, out, err)
        out.seek(0)
        err.seek(0)
        return code, out.read(), err.read()


def dbt_lists(lines, folder):
    """Exit code and lines of each of several `list` commands; the project is parsed once for all of them."""

    def work():
        os.chdir(folder)
        os.environ.update(DBT_PROFILES_DIR=".", DBT_SEND_ANONYMOUS_USAGE_STATS="false")
        with open(os.devnull, "w") as nowhere:
            os.dup2(nowhere.fileno(), 1)
            os.dup2(nowhere.fileno(), 2)
        manifest = dbt.cli.main.dbtRunner().invoke(["--quiet", "parse"]).result
        answers = []
        for words in lines:
            answer = dbt.cli.main.dbtRunner(manifest=manifest).invoke(["--quiet", *words])
            answers.append((0 if answer.success else 2 if answer.exception else 1, answer.result or [], str(answer.exception or "")))
        return answers

    return in_fork(work)


def in_workers(function, tasks, workers):
    """Yields `function(task)` of each task as it is done, over several forks of this process."""
    todo, done = FORK.SimpleQueue(), FORK.SimpleQueue()

    def work():
        while (task := todo.get()) is not None:
            try:
                done.put((function(task), None))
            except Exception as error:  # noqa: BLE001
                done.put((None, f"{task}: {type(error).__name__}: {error}"))

    for task in [*tasks, *[None] * workers]:
        todo.put(task)
    children = [FORK.Process(target=work) for _ in range(workers)]
    for child in children:
        child.start()
    for _ in tasks:
        value, error = done.get()
        if error:
            raise RuntimeError(error)
        yield value
    for child in children:
        child.join()
