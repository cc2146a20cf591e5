"""Edge: prepares what the tests need, runs them, and gathers what they left."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from ci_actions.ci_test import again, running
from ci_actions.ci_test.address import Address, parse
from ci_actions.ci_test.config import Config
from ci_actions.ci_test.model import Again, Facts, Recorded, Trouble
from ci_actions.kit import dotenv, emit
from ci_actions.kit.errors import BadInput, CannotJudge, Unavailable
from ci_actions.kit.following import follow
from ci_actions.kit.masking import hider, secrets_in
from ci_actions.kit.run import Edges
from ci_actions.project import durations, own_interpreter

#: How coverage.py's files begin: SQLite's, and those of version 4.
_DATA_HEADS = (b"SQLite format 3\0", b"!coverage.py:")
#: What this run may not write again: left from an earlier one, it would be taken for ours.
_OURS = ("shard.json", "junit.xml", "durations.json")
#: What file systems round times of files to, in seconds, at worst.
_CLOCK_GRAIN = 2.0


@dataclass(frozen=True, kw_only=True)
class _Tests:
    """The process that runs the tests: what is started, and with which additional variables."""

    words: tuple[str | Path, ...]
    env: Mapping[str, str]
    found: own_interpreter.Found | None = None


def gather(config: Config, edges: Edges[Config]) -> Facts:
    """Return how the tests of this shard went.

    Raises BadInput for variables and addresses that cannot be meant, Unavailable for a service that does not answer,
    CannotJudge where there is no Python at all.
    """
    services = _services(config)
    variables = _variables(config, services)
    secrets = secrets_in(
        [
            *dotenv.read(config.test_env).variables.values(),
            *(each for a in services.values() for each in a.secrets),
        ]
    )
    for each in secrets:
        edges.mask(each)
    hide = hider(secrets)
    folder = _report_folder(config, edges)
    seconds, warnings = _durations(config, edges.directory)
    _await(config, services, edges)
    began = edges.clock.now()
    with TemporaryDirectory(prefix="ci-actions-test-", ignore_cleanup_errors=True) as scratch:
        facts = _run(config, edges, variables, seconds, Path(scratch), hide)
    copied, missing = _copied(config, edges.directory, folder, since=began)
    return replace(facts, copied=copied, missing=missing, warnings=warnings, folder=str(folder))


def _run(
    config: Config,
    edges: Edges[Config],
    variables: Mapping[str, str],
    seconds: Mapping[str, float],
    scratch: Path,
    hide: Callable[[str], str],
) -> Facts:
    """Run the tests, and those that failed once more where that is wanted; return how it went."""
    directory = edges.directory
    tests = _by_command(config, edges) if config.by_command else _by_pytest(config, edges, scratch, seconds)
    env = {**tests.env, **variables}
    data = Path(directory, {**edges.environ, **env}.get("COVERAGE_FILE") or ".coverage")
    if config.coverage != "false":
        for stale in _data_files(data):
            stale.unlink()
    began = edges.clock.now()
    try:
        ended = follow(
            edges.process,
            tests.words,
            lambda line: edges.progress(hide(line)),
            output=scratch / "printed",
            cwd=directory,
            env=env,
            limit=config.timeout * 60,
            clock=edges.clock,
        )
    except OSError as wrong:
        raise CannotJudge(
            f"{tests.words[0]} ({tests.found.how if tests.found else 'input command'}) cannot be started: "
            f"{wrong.strerror or wrong}.",
            advice="Make the environment anew, or name another interpreter with the input python.",
        ) from wrong
    recorded = _of_a_command(tests, edges) if config.by_command else running.read_back(scratch, hide)
    junit = scratch / "junit.xml"
    facts = Facts(
        id=config.id or f"{recorded.python or 'tests'}-{config.shard.index}",
        python=recorded.python,
        how=tests.found.how if tests.found else "",
        command=config.command if config.by_command else "",
        code=ended.code,
        seconds=ended.seconds,
        recorded=_relative(recorded, edges.root),
        junit=hide(junit.read_text("utf-8", "replace")) if junit.is_file() else "",
        tail=tuple(hide(line) for line in ended.tail),
        data_files=tuple(
            os.path.relpath(each, directory) for each in _data_files(data) if _is_new(each, began)
        ),
    )
    if config.by_command or not config.retries:
        return facts
    return _run_again(config, edges, variables, facts, scratch, hide)


def _run_again(
    config: Config,
    edges: Edges[Config],
    variables: Mapping[str, str],
    facts: Facts,
    scratch: Path,
    hide: Callable[[str], str],
) -> Facts:
    """Run the tests that failed again, in the same environment, as often as is wanted or until all of them pass."""
    left = again.failed(facts)
    seconds = facts.seconds
    runs: list[Again] = []
    while left and len(runs) < config.retries and seconds < config.timeout * 60:
        said = f"{len(left):,} {'test' if len(left) == 1 else 'tests'}"
        edges.progress(f"--- run {len(runs) + 2}: {said} that failed ---")
        folder = scratch / f"again-{len(runs) + 1}"
        folder.mkdir()
        tests = _by_pytest(config, edges, folder, {}, again=left)
        ended = follow(
            edges.process,
            tests.words,
            lambda line: edges.progress(hide(line)),
            output=folder / "printed",
            cwd=edges.directory,
            # What all tests measured stays as it is, whoever measures these.
            env={**tests.env, **variables, "COVERAGE_FILE": str(folder / ".coverage")},
            limit=config.timeout * 60 - seconds,
            clock=edges.clock,
        )
        seconds += ended.seconds
        recorded = _relative(running.read_back(folder, hide), edges.root)
        runs.append(Again(asked=left, code=ended.code, recorded=recorded))
        good = set(again.passed(runs[-1]))
        left = tuple(each for each in left if each not in good)
    return replace(facts, again=tuple(runs), seconds=seconds)


# --- what the tests get ---------------------------------------------------------------------------


def _services(config: Config) -> Mapping[str, Address]:
    """Return where the services are, by the input that names them."""
    found = {}
    problems = []
    for name, url in (("database-url", config.database_url), ("redis-url", config.redis_url)):
        if url:
            try:
                found[name] = parse(url)
            except ValueError as wrong:
                problems.append(f"input '{name}' (***) {wrong}")
    if problems:
        raise BadInput(*problems)
    return found


def _variables(config: Config, services: Mapping[str, Address]) -> Mapping[str, str]:
    """Return the variables for the tests alone."""
    found = dotenv.read(config.test_env)
    given = {
        variable: (name, url)
        for name, variable, url in (
            ("database-url", config.database_variable, config.database_url),
            ("redis-url", config.redis_variable, config.redis_url),
        )
        if name in services
    }
    problems = [f"input 'test-env', {each}" for each in found.problems]
    problems += [
        f"input 'test-env' sets {variable}, which input '{name}' sets, too; give it once"
        for variable, (name, _) in given.items()
        if variable in found.variables
    ]
    if problems:
        raise BadInput(*problems)
    return {**found.variables, **{variable: url for variable, (_, url) in given.items()}}


def _await(config: Config, services: Mapping[str, Address], edges: Edges[Config]) -> None:
    """Return when every service answers."""
    if not services:
        return
    from ci_actions.ci_test.services import await_service

    until = edges.clock.monotonic() + config.wait_seconds
    for name, address in services.items():
        if address.is_somewhere:
            await_service(name, address, until, edges.clock, edges.progress)


def _durations(config: Config, directory: Path) -> tuple[Mapping[str, float], tuple[str, ...]]:
    """Return the recorded seconds, and why there are none where there should be."""
    if config.by_command:
        return {}, ()
    name = config.durations or durations.FILE
    try:
        return durations.parse((directory / name).read_bytes()), ()
    except (FileNotFoundError, NotADirectoryError):
        return {}, ()
    except (OSError, ValueError) as wrong:
        why = (wrong.strerror or "") if isinstance(wrong, OSError) else str(wrong)
        return {}, (f"{name} says nothing of how long tests take: {why}.",)


def _by_pytest(
    config: Config,
    edges: Edges[Config],
    scratch: Path,
    seconds: Mapping[str, float],
    again: tuple[str, ...] | None = None,
) -> _Tests:
    found = _interpreter(config, edges)
    loader = running.lay_out(
        scratch, shard=config.shard, durations=seconds, coverage=config.coverage, again=again
    )
    junit = ("-o", "junit_family=xunit2", f"--junitxml={scratch / 'junit.xml'}") if config.junit else ()
    words = (found.python, loader, "-p", running.PLUGIN, *junit, *config.args)
    env = _activated(found, edges.environ)
    if config.coverage != "false" and not edges.environ.get("COVERAGE_FILE"):
        # Where `coverage-gate` looks, wherever the project's own configuration would put it.
        env["COVERAGE_FILE"] = str(edges.directory / ".coverage")
    return _Tests(words=words, env=env, found=found)


def _by_command(config: Config, edges: Edges[Config]) -> _Tests:
    bash = edges.which("bash")
    if bash is None:
        raise Unavailable(
            "The input command is run by bash, and there is none on PATH.", advice="Install bash."
        )
    try:
        found = _interpreter(config, edges)
    except CannotJudge:
        # Tests of another language need none.
        return _Tests(words=(bash, "-eo", "pipefail", "-c", config.command), env={})
    env = _activated(found, edges.environ)
    return _Tests(words=(bash, "-eo", "pipefail", "-c", config.command), env=env, found=found)


def _interpreter(config: Config, edges: Edges[Config]) -> own_interpreter.Found:
    return own_interpreter.find(
        config.python, edges.directory, edges.root, edges.environ, edges.process, edges.which
    )


def _activated(found: own_interpreter.Found, environ: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that an activated environment has: tests start its programs by their names."""
    if found.prefix is None:
        return {}
    scripts = str(Path(found.python).parent)
    return {
        "VIRTUAL_ENV": str(found.prefix),
        "PATH": os.pathsep.join(filter(None, (scripts, environ.get("PATH", "")))),
    }


# --- what they left -------------------------------------------------------------------------------


def _of_a_command(tests: _Tests, edges: Edges[Config]) -> Recorded:
    """Return what is known of the tests of a command: that it was started, and the Python that it would find."""
    if tests.found is None:
        return Recorded(started=True, finished=True)
    from ci_actions.project.interpreters import probe

    try:
        python = probe(tests.found.python, edges.process)
    except CannotJudge:
        return Recorded(started=True, finished=True)
    name = {"cpython": "CPython", "pypy": "PyPy"}.get(python.implementation, python.implementation)
    return Recorded(
        started=True, finished=True, python=python.version, interpreter=f"{name} {python.full_version}"
    )


def _data_files(data: Path) -> list[Path]:
    """Return coverage.py's data files: the one, or those with a suffix each."""
    found = []
    for each in sorted(data.parent.glob(f"{data.name}*")):
        if each.is_file() and (each.name == data.name or each.name.startswith(f"{data.name}.")):
            with each.open("rb") as file:
                if file.read(16).startswith(_DATA_HEADS):
                    found.append(each)
    return found


def _report_folder(config: Config, edges: Edges[Config]) -> Path:
    """Return the folder for all files, without what an earlier run left there."""
    from shutil import rmtree

    temp = emit.Targets.from_environ(edges.environ, json=False, terminal=False).temp
    folder = emit.report_folder(
        "ci-test", config.report_dir, temp, root=edges.root, directory=edges.directory
    )
    try:
        for name in _OURS:
            (folder / name).unlink(missing_ok=True)
        if not config.report_dir:
            # In a folder of the user's, that name may be anything.
            rmtree(folder / "coverage", ignore_errors=True)
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as denied:
        raise Unavailable(
            f"Cannot write {folder}: {denied.strerror}.",
            advice="Name a folder for the files with report-dir.",
        ) from denied
    return folder


def _copied(
    config: Config, directory: Path, folder: Path, *, since: float
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Copy the reports of coverage that this run wrote; return their names, and the globs that none of them has."""
    from shutil import copyfile

    copied: dict[str, None] = {}
    missing = []
    for pattern in config.coverage_files:
        written = [path for path in _matching(pattern, directory) if _is_new(path, since)]
        if not written:
            missing.append(pattern)
        for path in written:
            name = os.path.relpath(path, directory)
            target = folder / "coverage" / (path.name if name.startswith("..") else name)
            target.parent.mkdir(parents=True, exist_ok=True)
            copyfile(path, target)
            copied[name] = None
    return tuple(copied), tuple(missing)


def _is_new(path: Path, since: float) -> bool:
    """Return whether a file was written since a time; what an earlier run left measures nothing of this one."""
    return path.stat().st_mtime >= since - _CLOCK_GRAIN


def _matching(pattern: str, directory: Path) -> Iterator[Path]:
    """Yield the files of a glob, which may be absolute; hidden ones are meant as others are."""
    from glob import glob

    # Not Path.glob, which takes no absolute pattern.
    for name in sorted(glob(pattern, root_dir=directory, recursive=True, include_hidden=True)):  # noqa: PTH207
        path = directory / name
        if path.is_file():
            yield path


def _relative(recorded: Recorded, root: Path) -> Recorded:
    """Return the same with the places of failures relative to the git root; outside of it there are none."""

    def placed(trouble: Trouble) -> Trouble:
        if not trouble.file:
            return trouble
        path = os.path.relpath(trouble.file, os.path.realpath(root)).replace(os.sep, "/")
        return replace(trouble, file="", line=0) if path.startswith("../") else replace(trouble, file=path)

    return replace(
        recorded,
        tests={
            name: replace(each, trouble=placed(each.trouble)) if each.trouble else each
            for name, each in recorded.tests.items()
        },
        uncollected=tuple(placed(each) for each in recorded.uncollected),
    )
