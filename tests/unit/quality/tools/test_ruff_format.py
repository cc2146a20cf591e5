from __future__ import annotations

import pytest
from tests.unit.quality.reading import on, place, ran

from ci_actions.quality.detection import Project
from ci_actions.quality.tool import NotUnderstood
from ci_actions.quality.tools.ruff_format import TOOL

DIFF = "--- a.py\n+++ a.py\n@@ -3 +3 @@\n-x = {  }\n+x = {}\n"


@pytest.mark.parametrize(
    ("said", "files"),
    [
        ("1 file would be reformatted, 1 file already formatted\n", 2),
        ("1 file would be reformatted\n", 1),
        ("2 files would be reformatted, 10 files left unchanged\n", 12),
    ],
)
def test_a_hunk_is_a_finding(said: str, files: int) -> None:
    answer = TOOL.read(on(), {"check": ran(1, DIFF, said)})
    assert [place(each) for each in answer.findings] == [("a.py", 3, 0, "format")]
    assert answer.files == files


def test_clean() -> None:
    answer = TOOL.read(on(), {"check": ran(0, "", "12 files already formatted\n")})
    assert (answer.findings, answer.files) == ((), 12)


def test_nothing_was_found() -> None:
    assert (
        TOOL.read(
            on(), {"check": ran(0, "", "warning: No Python files found under the given path(s)\n")}
        ).files
        == 0
    )


def test_a_file_that_cannot_be_parsed() -> None:
    said = "error: Failed to parse sub/b.py:1:7: Expected a parameter\n1 file already formatted\n"
    assert TOOL.read(on(), {"check": ran(2, "", said)}).unread == ("sub/b.py",)


@pytest.mark.parametrize(
    ("code", "stdout", "stderr"),
    [
        (2, "", "ruff failed\n  Cause: Failed to parse /repo/ruff.toml\n"),
        (1, "", "1 file already formatted\n"),
        (0, DIFF, "1 file would be reformatted\n"),
        (0, "", ""),
    ],
)
def test_what_is_no_answer(code: int, stdout: str, stderr: str) -> None:
    with pytest.raises(NotUnderstood):
        TOOL.read(on(), {"check": ran(code, stdout, stderr)})


@pytest.mark.parametrize(
    ("text", "detected"),
    [
        ("[tool.ruff]\n", False),
        ("[tool.ruff.format]\n", True),
        ("[dependency-groups]\ndev = ['ruff']\n", False),
    ],
)
def test_only_its_own_table_makes_it_run(text: str, detected: bool) -> None:
    project = Project(prefix="", files=("a.py",), configs={"pyproject.toml": text.encode()})
    assert (TOOL.detect(project) is not None) is detected


def test_its_hook_makes_it_run_beside_a_dependency() -> None:
    configs = {
        "pyproject.toml": b"[dependency-groups]\ndev = ['ruff']\n",
        ".pre-commit-config.yaml": b"repos:\n- repo: x\n  rev: v1\n  hooks: [{id: ruff-format}]\n",
    }
    found = TOOL.detect(Project(prefix="", files=("a.py",), configs=configs))
    assert found is not None
    assert (found.only_hook, found.reason) == (True, "hook ruff-format in .pre-commit-config.yaml")


@pytest.mark.parametrize(
    ("text", "config", "problem"),
    [
        ("[tool.ruff]\nexclude = ['fixtures']\n", "pyproject.toml", False),
        ("[tool.ruff\n", "pyproject.toml", True),
        ("[tool.black]\n", "", False),
    ],
)
def test_with_its_hook_it_takes_the_settings_of_the_linter(text: str, config: str, problem: bool) -> None:
    configs = {
        "pyproject.toml": text.encode(),
        ".pre-commit-config.yaml": b"repos:\n- repo: x\n  rev: v1\n  hooks: [{id: ruff-format}]\n",
    }
    found = TOOL.detect(Project(prefix="", files=("a.py",), configs=configs))
    assert found is not None
    assert (found.config, bool(found.problem)) == (config, problem)


@pytest.mark.parametrize(
    ("config", "below", "isolated"),
    [("", False, True), ("", True, False), ("/repo/pyproject.toml", False, False)],
)
def test_only_without_any_settings_it_runs_isolated(config: str, below: bool, isolated: bool) -> None:
    made = on(config=config, settings_below=below)
    commands = (*TOOL.commands(made), *TOOL.fixers(made))
    assert [("--isolated" in each.argv) for each in commands] == [isolated, isolated]
