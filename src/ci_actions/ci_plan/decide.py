"""Pure: facts -> which jobs run, and why; on which versions of Python, in how many shards."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum

from ci_actions.ci_plan import belonging, pythons, sharing
from ci_actions.ci_plan.config import Config
from ci_actions.ci_plan.documents import documentation
from ci_actions.ci_plan.model import Decision, Facts, Outcome, Shard
from ci_actions.ci_plan.pythons import Pythons
from ci_actions.kit.errors import BadInput

#: What looks at documentation.
_FOR_DOCUMENTS = ("docs", "security")
#: Jobs that need an interpreter of the project's choice.
_FOR_PYTHON = ("quality", "test", "build", "coverage", "integration", "load")


class Extent(Enum):
    """How much of the project the change concerns."""

    EVERYTHING = "everything"
    DOCUMENTS = "documents"
    NOTHING = "nothing"


@dataclass(frozen=True)
class Scope:
    """How much the change concerns, why as the end of a sentence, and the files of the project that it touches."""

    extent: Extent
    why: str
    own: tuple[str, ...] = ()


def decide(config: Config, facts: Facts) -> Outcome:
    """Return the plan. Raises BadInput for a job that is wanted and cannot run, and for versions that cannot be meant."""
    scope = scope_of(config, facts)
    jobs: dict[str, Decision] = {}
    problems = []
    for job in config.pipeline.jobs:
        switch, impossible = config.switch(job), _impossible(job, config, facts)
        if switch == "false":
            jobs[job] = Decision(run=False, why=f"{job} is false")
        elif impossible and switch == "true":
            problems.append(f"input '{job}' is true, but {impossible}")
        elif impossible:
            jobs[job] = Decision(run=False, why=impossible)
        elif switch == "true":
            jobs[job] = Decision(run=True, why=f"{job} is true")
        else:
            jobs[job] = _automatic(job, config, facts, scope, jobs.get("test"))
    problems += _no_package_json(config, facts, jobs)
    if problems:
        raise BadInput(*problems)
    chosen = _pythons(config, facts, jobs)
    shards, shards_why = _shards(config, facts, chosen, jobs)
    return Outcome(
        name=config.name or name_of(facts.directory),
        jobs=jobs,
        python=chosen.primary,
        python_why=chosen.primary_why,
        versions=chosen.versions,
        versions_why=chosen.versions_why,
        shards=shards,
        shards_why=shards_why,
        runner="command" if config.test_command else "pytest",
        facts=facts,
        own=scope.own,
        cautions=tuple(_cautions(facts)),
        warnings=(*facts.warnings, *chosen.warnings),
    )


# --- what changed --------------------------------------------------------------------------------------


def scope_of(config: Config, facts: Facts) -> Scope:
    """Return how much of the project the change concerns; where that cannot be known, everything."""
    if not facts.changed:
        return Scope(Extent.EVERYTHING, _no_files(facts))
    is_document = documentation(config.docs_globs, facts.directory, facts.packages)
    place = facts.belonging
    own = tuple(each for each in place.of(facts.changed) if not (place.is_above(each) and is_document(each)))
    if found := belonging.workflows(facts.changed):
        return Scope(Extent.EVERYTHING, f"{_named(found)} changed", own)
    if not own:
        return Scope(Extent.NOTHING, f"nothing of {facts.directory or 'this project'} changed")
    if others := tuple(each for each in own if not is_document(each)):
        return Scope(Extent.EVERYTHING, f"{_named(others)} changed", own)
    if facts.signs.tested_documents and not config.docs_globs:
        tests = f"{facts.signs.tested_documents} has documents tested"
        return Scope(Extent.EVERYTHING, f"{_named(own)} changed, and {tests}", own)
    return Scope(Extent.DOCUMENTS, f"only documentation changed: {_named(own)}", own)


def _no_files(facts: Facts) -> str:
    """Return why there is no file to go by."""
    if facts.problem:
        return "what changed cannot be told"
    return facts.no_change or "the change is empty"


def _named(paths: Sequence[str]) -> str:
    return paths[0] + (f" and {len(paths) - 1} more" if len(paths) > 1 else "")


def _cautions(facts: Facts) -> Iterator[str]:
    if facts.problem:
        yield f"Everything runs, because what changed cannot be told. {facts.problem}"


# --- what cannot run -----------------------------------------------------------------------------------


def _impossible(job: str, config: Config, facts: Facts) -> str:
    """Return what keeps a job from running whatever changed, empty where nothing does."""
    reasons = {
        "quality": _no_python(facts),
        "docs": "" if facts.signs.documents else f"there is no document in {_where(facts)}",
        "test": _no_tests(config, facts),
        "build": _no_package(facts),
        "frontend": "" if facts.frontend else "no frontend-directory is given",
        "coverage": _no_coverage(config, facts),
        "flaky": "test-command tells of no single test" if config.test_command else "",
        "integration": "" if config.compose_file else "no compose-file is given",
        "load": "" if config.locust_file else "no locust-file is given",
    }
    return reasons.get(job, "")


def _where(facts: Facts) -> str:
    return facts.directory or "this repository"


def _no_python(facts: Facts) -> str:
    return "" if facts.signs.python else f"there is no Python project in {_where(facts)}"


def _no_tests(config: Config, facts: Facts) -> str:
    if config.test_command:
        return ""
    there = facts.signs.tests or facts.removed.tests
    return _no_python(facts) or ("" if there else f"there are no tests in {_where(facts)}")


def _no_package(facts: Facts) -> str:
    lacking = "" if facts.signs.package else f"{_where(facts)} is no package: it has no [build-system]"
    return _no_python(facts) or lacking


def _no_coverage(config: Config, facts: Facts) -> str:
    if config.test == "false":
        return "test is false"
    if lacking := _no_tests(config, facts):
        return lacking
    if config.test_command:
        return "" if config.coverage_files else "test-command leaves no coverage-files"
    if config.coverage == "true" or facts.signs.coverage or facts.removed.coverage:
        return ""
    return "nothing says that coverage is measured here: no pytest-cov, no settings of coverage.py"


# --- what runs by itself -------------------------------------------------------------------------------


def _automatic(job: str, config: Config, facts: Facts, scope: Scope, test: Decision | None) -> Decision:
    """Return whether a job that could run has a reason to; `test` is what was decided about the tests before."""
    if job == "coverage" and test:
        return _with_tests(facts, test)
    if job == "flaky" and test:
        return test
    if job == "test" and (why := _tests_anyway(config, facts)):
        return Decision(run=True, why=why)
    if scope.extent is Extent.DOCUMENTS:
        readme = next((each for each in scope.own if each in facts.signs.readme), "")
        if job == "build" and readme:
            return Decision(run=True, why=f"{readme} changed, which is part of the package")
        return Decision(run=job in _FOR_DOCUMENTS, why=scope.why)
    return Decision(run=scope.extent is Extent.EVERYTHING, why=scope.why)


def _with_tests(facts: Facts, test: Decision) -> Decision:
    if test.run and facts.removed.coverage:
        gone = f"this change takes {facts.removed.coverage} away"
        return Decision(run=True, why=f"{gone}: say coverage: false if that is meant")
    return test


def _tests_anyway(config: Config, facts: Facts) -> str:
    """Return why tests run whatever changed, empty where nothing says so."""
    if config.coverage == "true":
        return "coverage is true"
    if facts.removed.tests and not config.test_command:
        return f"this change removes the last tests, {facts.removed.tests}: say test: false if that is meant"
    return ""


def _no_package_json(config: Config, facts: Facts, jobs: Mapping[str, Decision]) -> Iterator[str]:
    """Yield what is wrong with the folder of a frontend that is to be built."""
    frontend, wanted = facts.frontend, jobs.get("frontend")
    if not frontend or not frontend.missing or not wanted or not wanted.run:
        return
    if config.frontend_directory:
        yield (
            f"input 'frontend-directory' is '{config.frontend_directory}', "
            f"but there is no {frontend.folder}/package.json"
        )
    else:
        yield "input 'frontend' is true, but there is no package.json here: set frontend-directory"


# --- versions and shards -------------------------------------------------------------------------------


def _pythons(config: Config, facts: Facts, jobs: Mapping[str, Decision]) -> Pythons:
    """Return the versions of a Python project; what cannot be found out is no matter where no job needs one."""
    if not facts.signs.python:
        return Pythons()
    try:
        found = pythons.choose(facts.files, config.python_version, config.python_versions)
    except BadInput:
        if any(jobs[job].run for job in _FOR_PYTHON if job in jobs):
            raise
        return Pythons()
    return _single(config, found) if config.layout == "single" else found


def _single(config: Config, found: Pythons) -> Pythons:
    """Return the one version of a run with one job. Raises BadInput where the inputs name several."""
    if not config.python_versions:
        return replace(found, versions=(found.primary,), versions_why="layout: single tests one version")
    named = tuple(dict.fromkeys((*found.versions, *([found.primary] if config.python_version else []))))
    if len(named) > 1:
        raise BadInput(
            f"inputs 'python-versions' and 'python-version' mean {', '.join(named)}, but layout: single has one Python"
        )
    return replace(found, primary=named[0], primary_why=found.versions_why)


def _shards(
    config: Config, facts: Facts, chosen: Pythons, jobs: Mapping[str, Decision]
) -> tuple[tuple[Shard, ...], str]:
    if not jobs["test"].run:
        return (), jobs["test"].why
    versions = chosen.versions or ("",)
    number, why = sharing.count(config, facts.recorded, len(versions))
    return sharing.shards(versions, number), why


def name_of(directory: str) -> str:
    """Return what artifacts and caches of a project are called: `services.billing`, for the git root `ci`.

    Two folders never get the same name, and it has only letters, digits, dots, dashes and underscores.
    """
    if not directory:
        return "ci"
    made = "".join(
        sign if sign.isascii() and (sign.isalnum() or sign in "-_/") else "-" for sign in directory
    )
    name = made.replace("/", ".")
    if made == directory and name != "ci" and name[0].isalnum() and len(name) <= 80:
        return name
    from hashlib import sha256

    digest = sha256(directory.encode("utf-8", "surrogateescape")).hexdigest()[:8]
    return f"{name[:80].strip('.-_') or 'project'}-{digest}"
