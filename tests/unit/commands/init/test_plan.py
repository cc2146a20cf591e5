"""Whatever lies in a repository: what is written once need not be written again, and what others wrote is still there."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import replace

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.commands.init.trees import facts, project

from ci_actions.commands.init import looking, places, plan
from ci_actions.commands.init.model import PIECES, Change, Facts, Release, State
from ci_actions.workflows import reading

RELEASE = Release(repository="org/ci-actions", ref="v1")
HEAD = '[project]\nname = "a"\n'
#: For each path what may stand there; None is no file.
PARTS: Mapping[str, tuple[str | None, ...]] = {
    "pyproject.toml": (
        None,
        HEAD,
        HEAD + 'requires-python = ">=3.12"\n[dependency-groups]\ntest = ["pytest"]\nlint = ["ruff"]\n',
        HEAD + 'dependencies = ["psycopg2", "redis"]\n[tool.coverage.report]\nfail_under = 91',
        "[tool.poetry]\nname = 'a'\n[tool.coverage.report]\r\nfail_under = 70\r\n",
        "[tool.ci-actions.coverage-gate]\nmin-overall = 50\n",
        "[tool.uv.workspace]\nmembers = ['libs/*']\n[dependency-groups]\ndev = ['pytest-cov']\n",
    ),
    "libs/x/pyproject.toml": (None, HEAD, HEAD + "[tool.coverage.report]\nfail_under = 99\n"),
    "libs/x/tests/test_x.py": (None, "import pytest\n"),
    "tests/test_a.py": (None, 'import a\nurl = os.environ["PG_DSN"]\n'),
    "requirements.txt": (None, "pytest\n", "-i https://x.dev\nflask\n"),
    "uv.lock": (None, "version = 1\n"),
    "tox.ini": (None, "[tox]\nenvlist = py311,py312\n"),
    "compose.yml": (None, "services:\n  db:\n    image: postgres:15\n"),
    "web/package.json": (None, '{"scripts": {"build": "x"}}'),
    "web/package-lock.json": (None, "{}"),
    "README.md": (None, "# a\n", "no title", "# a\r\n\r\n[![x](https://img.shields.io/x)](y)\r\n"),
    ".github/dependabot.yml": (
        None,
        "version: 2\nupdates: []\n",
        "version: 2\nupdates:\n  - package-ecosystem: npm # mine\n    directory: /web\n",
    ),
    ".github/workflows/ci.yml": (None, "name: CI\non: push\njobs: {}\n"),
    ".github/workflows/test.yaml": (
        None,
        "name: ci\non: [push]\njobs: {}\n",
        "on: push\njobs:\n  a:\n    strategy: {matrix: {python-version: ['3.12']}}\n",
    ),
}


def written(there: Facts, changes: tuple[Change, ...]) -> Facts:
    """Return the repository after the changes, read again."""
    content = {**there.content, **{each.path: each.after for each in changes if each.writes}}
    folders = places.candidates(content)
    return replace(
        there,
        files=tuple(sorted(content)),
        content=content,
        projects={folder: project(content, folder) for folder in folders},
    )


@settings(max_examples=150)
@given(
    st.fixed_dictionaries({path: st.sampled_from(texts) for path, texts in PARTS.items()}),
    st.sampled_from(["acme/shop", ""]),
    st.booleans(),
)
def test_a_second_run_writes_nothing(files: dict[str, str | None], slug: str, force: bool) -> None:
    there = facts({path: text for path, text in files.items() if text is not None}, slug=slug)
    changes = plan.changes(there, looking.projects(there), RELEASE, PIECES, force=force)
    now = written(there, changes)
    again = plan.changes(now, looking.projects(now), RELEASE, PIECES, force=force)
    assert [each.path for each in again if each.writes] == []
    left = {each.path for each in changes if each.state is State.CONFLICT}
    assert {each.path for each in again if each.state is State.CONFLICT} == left
    for path, data in now.content.items():
        _can_be_read(path, data)
        if (before := there.content.get(path)) is not None and not (force and "workflows" in path):
            at = next(n for n in range(len(before), -1, -1) if data.startswith(before[:n]))
            assert data.endswith(before[at:]), f"{path} lost something"


def _can_be_read(path: str, data: bytes) -> None:
    if path.endswith(".toml"):
        tomllib.loads(data.decode())
    elif path.endswith((".yml", ".yaml")):
        yaml.safe_load(data)
    if path.startswith(".github/workflows/"):
        assert not reading.workflow(data).problems
