"""uv.lock against pyproject.toml: each thing that uv keeps, changed alone. tests/integration/test_drift.py asks uv itself."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.requirements import InvalidRequirement, Requirement
from tests.unit.project.conftest import Project

from ci_actions.project import uv_lock
from ci_actions.project.answer import State

IN, OUT, UNKNOWN = State.IN_STEP, State.DRIFTED, State.UNKNOWN
PYPROJECT = """\
[project]
name = "Demo_App"
version = "1.0"
requires-python = ">=3.11"
dependencies = ["six>=1", "trio[more]<2,>=1", "tomli ; python_version < '3.12'"]

[project.optional-dependencies]
Web = ["attrs"]

[dependency-groups]
dev = ["pytest", {include-group = "lint"}]
lint = ["ruff"]
"""
LOCK = """\
version = 1
revision = 3
requires-python = ">=3.11"

[[package]]
name = "attrs"
version = "1.0"
source = { registry = "https://pypi.example.com/simple" }

[[package]]
name = "demo-app"
version = "1.0"
source = { virtual = "." }
dependencies = [
    { name = "six" },
]

[package.metadata]
requires-dist = [
    { name = "attrs", marker = "extra == 'web'" },
    { name = "six", specifier = ">=1" },
    { name = "tomli", marker = "python_full_version < '3.12'" },
    { name = "trio", extras = ["more"], specifier = ">=1,<2" },
]
provides-extras = ["web"]

[package.metadata.requires-dev]
dev = [
    { name = "pytest" },
    { name = "ruff" },
]
lint = [{ name = "ruff" }]

""" + "".join(
    f'[[package]]\nname = "{name}"\nversion = "1.0"\nsource = {{ registry = "r" }}\n\n'
    for name in ("pytest", "ruff", "six", "tomli", "trio")
)


INSTALLED = "whether the project itself is installed has changed"


def answer(project: Project, text: str, lock: str = LOCK) -> tuple[State, str]:
    found = uv_lock.compare(project({"pyproject.toml": text, "uv.lock": lock}))
    return found.state, found.reason


def test_in_step(project: Project) -> None:
    assert answer(project, PYPROJECT) == (IN, "")
    assert answer(project, PYPROJECT.replace("\n", "\r\n"), LOCK.replace("\n", "\r\n")) == (IN, "")
    assert answer(
        project, f"{PYPROJECT}[tool.uv]\ndefault-groups = ['dev']\nrequired-version = '>=0.5'\n"
    ) == (IN, "")


@pytest.mark.parametrize(
    ("old", "new", "state", "reason"),
    [
        ('"six>=1"', '"six>=2"', OUT, "pyproject.toml ([project]: six>=2, locked as six>=1)"),
        ('"six>=1", ', "", OUT, "pyproject.toml ([project]: six)"),
        ('"six>=1"', '"six>=1", "new"', OUT, "pyproject.toml ([project]: new)"),
        ("trio[more]", "trio", OUT, "pyproject.toml ([project]: trio<2,>=1, locked as trio[more]<2,>=1)"),
        ('"six>=1"', '"six>=1.0"', UNKNOWN, "the lock writes [project] in another way"),
        ('"six>=1"', '"six>=1", "six<9"', UNKNOWN, "the lock writes [project] in another way"),
        ("< '3.12'\"", "< '3.13'\"", UNKNOWN, "the lock writes [project] in another way"),
        ('"six>=1"', '"six @ https://x/six.whl"', UNKNOWN, "the lock writes [project] in another way"),
        ('"six>=1"', '"six ~> 1"', UNKNOWN, "[project] holds what is no requirement"),
        ('["pytest", ', "[", OUT, "pyproject.toml (dependency-groups dev: pytest)"),
        ('lint = ["ruff"]', 'lint = ["ruff>=1"]', OUT, "pyproject.toml (dependency-groups dev: ruff>=1, locked as ruff)"),
        ('lint = ["ruff"]', 'lint = ["ruff"]\ndocs = ["six"]', OUT, "pyproject.toml (dependency-groups: docs)"),
        ('lint = ["ruff"]', 'lint = ["ruff"]\ndocs = []', UNKNOWN, "an empty dependency group came or went"),
        ("Web = ", "Net = ", OUT, "pyproject.toml (optional-dependencies have other names)"),
        ('Web = ["attrs"]', 'Web = ["attrs"]\nNone = []', OUT, "pyproject.toml (optional-dependencies have other names)"),
        ('version = "1.0"', 'version = "1.1"', OUT, "pyproject.toml (its version is 1.1, locked as 1.0)"),
        ('version = "1.0"', 'version = "1.0.0"', UNKNOWN, "the version '1.0.0' stands in the lock as '1.0'"),
        ('version = "1.0"', 'dynamic = ["version"]', UNKNOWN, "the version of the project is dynamic"),
        ('version = "1.0"', 'version = "one"', UNKNOWN, "the version 'one' stands in the lock as '1.0'"),
        ('version = "1.0"', 'version = "1.0"\ndynamic = ["dependencies"]', UNKNOWN, "dependencies are dynamic"),
        ("Demo_App", "Other", OUT, "pyproject.toml (it is named Other, locked as demo-app)"),
        ("Demo_App", "demo.app", IN, ""),
        ('">=3.11"', '">=3.12"', OUT, "pyproject.toml (requires-python is '>=3.12', locked for '>=3.11')"),
        ('">=3.11"', '">= 3.11"', IN, ""),
        ('">=3.11"', '">=3.11,!=3.11.1"', UNKNOWN, "requires-python '>=3.11,!=3.11.1' stands in the lock as '>=3.11'"),
        ('">=3.11"', '"new"', UNKNOWN, "requires-python 'new' stands in the lock as '>=3.11'"),
        ('requires-python = ">=3.11"\n', "", UNKNOWN, "requires-python is missing, so uv takes the interpreter's version"),
        ("[project]\n", "[build-system]\nrequires = []\n[project]\n", UNKNOWN, INSTALLED),
        ("[project]\n", "[tool.uv]\npackage = false\n[project]\n", IN, ""),
        ("[project]\n", "[tool.uv]\npackage = true\n[project]\n", UNKNOWN, INSTALLED),
        ("[project]\n", "[tool.uv.sources]\nsix = {path = '.'}\n[project]\n", UNKNOWN, "[tool.uv] sources counts too"),
        ("[project]\n", "[[tool.uv.index]]\nurl = 'x'\n[project]\n", UNKNOWN, "[tool.uv] index counts too"),
    ],
)  # fmt: skip
def test_one_change(project: Project, old: str, new: str, state: State, reason: str) -> None:
    assert old in PYPROJECT
    assert answer(project, PYPROJECT.replace(old, new, 1)) == (state, reason)


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("version = 1\n", "version = 2\n", "the lock is of more than this project"),
        (
            "\n[[package]]",
            '\n[options]\nexclude-newer = "2026-01-01"\n\n[[package]]',
            "the lock is of more than this project",
        ),
        (
            "\n[[package]]",
            '\n[manifest]\nmembers = ["a", "b"]\n\n[[package]]',
            "the lock is of more than this project",
        ),
        ('virtual = "."', 'virtual = "member"', "the lock is of more than this project"),
        ('{ name = "six" },', '{ name = "gone" },', "the lock refers to packages that it does not hold"),
    ],
)
def test_what_only_uv_knows(project: Project, old: str, new: str, reason: str) -> None:
    assert answer(project, PYPROJECT, LOCK.replace(old, new, 1)) == (UNKNOWN, reason)


def test_settings_of_a_uv_toml_count_too(project: Project) -> None:
    files = project({"pyproject.toml": PYPROJECT, "uv.lock": LOCK, "uv.toml": "resolution = 'lowest'"})
    assert uv_lock.compare(files).reason == "[tool.uv] resolution counts too"


def test_circles_of_groups_end(project: Project) -> None:
    text = PYPROJECT.replace('lint = ["ruff"]', 'lint = ["ruff", {include-group = "dev"}]')
    assert answer(project, text)[0] is OUT


names = st.from_regex(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,4}[A-Za-z0-9])?", fullmatch=True)
versions = st.from_regex(r"[0-9](\.[0-9]){0,2}(rc1|\.\*)?", fullmatch=True)
clauses = st.builds(
    "{}{}{}".format, st.sampled_from(["==", ">=", "<", "~=", "!="]), st.sampled_from(["", " "]), versions
)


@given(
    names,
    st.lists(names, max_size=2),
    st.lists(clauses, max_size=2),
    st.sampled_from(["", " "]),
    st.sampled_from(["", " ; python_version < '3'", " @ https://x/y.whl", "(>=1)"]),
)
def test_a_plain_requirement_is_read_as_by_the_parser(
    name: str, extras: list[str], specifier: list[str], space: str, end: str
) -> None:
    chosen = f"[{', '.join(extras)}]" if extras else ""
    text = f"{name}{chosen}{space}{f' ,{space}'.join(specifier)}{end}"
    try:
        parsed = uv_lock._text(Requirement(text))
    except InvalidRequirement:
        return
    assert uv_lock._plain(text) == ("" if end else parsed)
