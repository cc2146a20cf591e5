"""Pure: what a project consists of, by its files: tests, coverage, a package, documents. Every answer is its evidence."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatchcase

from ci_actions.ci_plan.model import Signs
from ci_actions.project.files import LOCKS, ProjectFiles, is_pylock

#: Read beside what `project` reads: where pytest and coverage.py look for settings, and ours.
MORE_FILES = (
    ".coveragerc",
    ".pytest.ini",
    ".pytest.toml",
    "ci-actions.toml",
    "pytest.ini",
    "pytest.toml",
    "tox.ini",
)
#: Sections in which pytest finds its settings: https://docs.pytest.org/en/stable/reference/customize.html
_PYTEST = (
    ("pyproject.toml", re.compile(rb"^\[tool\.pytest(?:\.ini_options)?\]", re.MULTILINE)),
    ("pytest.toml", re.compile(rb"")),
    (".pytest.toml", re.compile(rb"")),
    ("pytest.ini", re.compile(rb"")),
    (".pytest.ini", re.compile(rb"")),
    ("tox.ini", re.compile(rb"^\[pytest\]", re.MULTILINE)),
    ("setup.cfg", re.compile(rb"^\[tool:pytest\]", re.MULTILINE)),
)
#: Sections of coverage.py and of our gate: https://coverage.readthedocs.io/en/latest/config.html
_COVERAGE = (
    (".coveragerc", re.compile(rb"")),
    ("pyproject.toml", re.compile(rb"^\[+tool\.(?:coverage\b|ci-actions\.coverage-gate\b)", re.MULTILINE)),
    ("ci-actions.toml", re.compile(rb"^\[+coverage-gate\b", re.MULTILINE)),
    ("setup.cfg", re.compile(rb"^\[coverage:", re.MULTILINE)),
    ("tox.ini", re.compile(rb"^\[coverage:", re.MULTILINE)),
)
#: A requirement, a key of a table, or the name in a lock; not a word in a sentence.
_MEASURES = re.compile(
    rb"""(?:^[ \t]*["']?|["'])(?:pytest[-_.]cov|coverage)(?:\[[^\]]*\])?[ \t]*(?=["'<>=!~;@,:\\#]|\r?$)|--cov\b""",
    re.MULTILINE | re.IGNORECASE,
)
_DOCTEST = re.compile(rb"--?doctest[-_]glob|--markdown-docs|--codeblocks|--phmdoctest")
#: What only projects of Python have; pyproject.toml alone may hold nothing but a tool's settings.
_PYTHON = ("setup.py", "Pipfile", *LOCKS)
_TABLES = ("poetry", "pdm", "hatch", "uv", "flit", "setuptools", "pytest")
_DOCUMENTS = (".md", ".rst")
_OF_WORKSPACE = ("uv.lock", "pyproject.toml")


def signs(
    files: ProjectFiles, names: Iterable[str], more: Mapping[str, bytes], *, asked: bool = False
) -> Signs:
    """Return what the project consists of.

    `names` are all its files, relative to the working directory; `more` is the content of those in MORE_FILES that
    are there. Where a version of Python was `asked` for, scripts alone are a Python project. Raises BadInput for a
    pyproject.toml that is no TOML.
    """
    ordered = sorted(names)
    content = {**files.content, **more}
    return Signs(
        python=_python(files)
        or (next((each for each in ordered if each.endswith(".py")), "") if asked else ""),
        tests=next(filter(is_test, ordered), "") or _section(_PYTEST, content),
        coverage=measures_coverage(content),
        package=_package(files),
        documents=next((each for each in ordered if each.lower().endswith(_DOCUMENTS)), ""),
        tested_documents=next((name for name in _settings(content) if _DOCTEST.search(content[name])), ""),
        readme=frozenset(_readme(files)),
    )


def is_test(path: str) -> bool:
    """Whether a file holds tests by its name: pytest's default patterns, and Django's."""
    name = path.rpartition("/")[2]
    return name.endswith(".py") and (
        name.startswith("test_") or name.endswith("_test.py") or name == "tests.py"
    )


def measures_coverage(content: Mapping[str, bytes]) -> str:
    """Return what says that coverage is measured, by the content of settings, requirements and locks; else nothing."""
    if found := _section(_COVERAGE, content):
        return found
    # What the workspace above locks is of its other members, too. Locks come last: they are long.
    names = (each for each in content if not (each.startswith("../") and each.endswith(_OF_WORKSPACE)))
    for name in sorted(names, key=lambda name: (len(content[name]), name)):
        data = content[name]
        if (b"cov" in data or b"Cov" in data) and (match := _MEASURES.search(data)):
            return f"{match[0].decode('ascii', 'replace').strip(_QUOTES)} in {name}"
    return ""


_QUOTES = " \t\"'"


def _section(places: Iterable[tuple[str, re.Pattern[bytes]]], content: Mapping[str, bytes]) -> str:
    for name, pattern in places:
        if name in content and (found := pattern.search(content[name])):
            header = found[0].decode("ascii", "replace").strip("[]")
            return f"[{header}] in {name}" if header else name
    return ""


def _settings(content: Mapping[str, bytes]) -> Iterator[str]:
    return (name for name, _ in _PYTEST if name in content)


def _python(files: ProjectFiles) -> str:
    for name in _PYTHON:
        if name in files:
            return name
    if "setup.cfg" in files.content and re.search(
        rb"^\[(?:metadata|options)\]", files.content["setup.cfg"], re.MULTILINE
    ):
        return "setup.cfg"
    document = files.toml("pyproject.toml")
    for table in ("project", "build-system", "dependency-groups"):
        if table in document:
            return f"[{table}] in pyproject.toml"
    for table in _TABLES:
        if files.table("pyproject.toml", "tool", table):
            return f"[tool.{table}] in pyproject.toml"
    found = (
        *(each for each in sorted(files.names) if is_pylock(each)),
        *files.requirement_files(),
        *files.requirement_files(".in"),
    )
    # A documentation's own requirements make no project.
    return next((each for each in found if not fnmatchcase(each, "*docs*")), "")


def _package(files: ProjectFiles) -> str:
    if files.table("pyproject.toml", "tool", "uv").get("package") is False:
        return ""
    if files.table("pyproject.toml", "tool", "poetry").get("package-mode") is False:
        return ""
    if "build-system" in files.toml("pyproject.toml"):
        return "[build-system] in pyproject.toml"
    return "setup.py" if "setup.py" in files else ""


def _readme(files: ProjectFiles) -> Iterator[str]:
    """Yield the files that become the package's description: a build can fail by them."""
    for table in (files.table("pyproject.toml", "project"), files.table("pyproject.toml", "tool", "poetry")):
        found = table.get("readme")
        if isinstance(found, dict):
            found = found.get("file")
        yield from (
            files.shown(each)
            for each in (found if isinstance(found, list) else [found])
            if isinstance(each, str)
        )
