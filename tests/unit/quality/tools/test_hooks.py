from __future__ import annotations

import pytest
from tests.unit.quality.reading import on, place, ran

from ci_actions.quality.detection import Project
from ci_actions.quality.tool import NotUnderstood
from ci_actions.quality.tools.hooks import TOOL

FILES = {"a.py": "A = 1\n", "docs/conf.py": ""}
PRE_COMMIT = """\
fine one.................................................................Passed
- hook id: fine
- duration: 0s
ruff check...............................................................Failed
- hook id: ruff
- duration: 0s
- exit code: 1

a.py:3:4: BAD thing
nowhere.py:1: not ours
Found 1 error.

no match.............................................(no files to check)Skipped
- hook id: nomatch
rewriting................................................................Failed
- hook id: rewriting
- duration: 0s
- files were modified by this hook
"""
PREK = """\
fine one.................................................................Passed
- hook id: fine
- duration: 0.00s
bad one..................................................................Failed
- hook id: bad
- duration: 0.00s
- exit code: 1

  something is wrong
"""


def test_the_places_that_a_hook_names_are_findings() -> None:
    answer = TOOL.read(on(FILES), {"check": ran(1, PRE_COMMIT)})
    assert [place(each) for each in answer.findings] == [("a.py", 3, 0, "ruff"), ("", 0, 0, "rewriting")]
    assert [each.message for each in answer.findings] == ["BAD thing", "hook rewriting changed files"]
    # What the environment's ruff says is not said twice.
    assert [each.canonical for each in answer.findings] == ["ruff-check", ""]
    assert answer.score == "3 of 4 hooks ran"


def test_the_words_of_prek() -> None:
    answer = TOOL.read(on(FILES), {"check": ran(1, PREK)})
    assert [each.message for each in answer.findings] == ["hook bad failed: something is wrong"]


@pytest.mark.parametrize(
    ("code", "stdout", "why"),
    [
        (0, "", "none is configured"),
        (0, "x......(no files to check)Skipped\n- hook id: x\n", "no hook ran: x"),
        (1, "An error has occurred: InvalidConfigError\n", "it ran no hook"),
        (0, PRE_COMMIT, "2 hooks failed"),
        (1, "x......Passed\n", "0 hooks failed"),
        (3, "", "exit code 3"),
        (2, "error: Failed to parse", "exit code 2"),
    ],
)
def test_what_is_no_answer(code: int, stdout: str, why: str) -> None:
    with pytest.raises(NotUnderstood, match=why):
        TOOL.read(on(FILES), {"check": ran(code, stdout)})


@pytest.mark.parametrize(
    ("prefix", "files", "detected"),
    [
        ("", {".pre-commit-config.yaml": b"repos: []"}, True),
        ("sub", {".pre-commit-config.yaml": b""}, False),
        ("", {}, False),
    ],
)
def test_they_run_from_the_root_only(prefix: str, files: dict[str, bytes], detected: bool) -> None:
    assert (TOOL.detect(Project(prefix=prefix, files=(), configs=files)) is not None) is detected
