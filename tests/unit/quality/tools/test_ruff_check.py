from __future__ import annotations

import json
from typing import Any

import pytest
from tests.unit.quality.reading import on, place, ran

from ci_actions.findings.model import Severity
from ci_actions.quality.tool import NotUnderstood
from ci_actions.quality.tools.ruff_check import TOOL

FILES = ran(0, "/repo/a.py\n/repo/pyproject.toml\n")


def row(**more: Any) -> dict[str, Any]:
    return {
        "cell": None,
        "code": "F401",
        "filename": "/repo/a.py",
        "location": {"row": 1, "column": 8},
        "end_location": {"row": 1, "column": 10},
        "fix": {"message": "Remove unused import: `os`"},
        "message": "`os` imported but unused",
        "url": "https://docs.astral.sh/ruff/rules/unused-import",
        **more,
    }


def read(code: int, *rows: Any, stderr: str = "", files: Any = FILES) -> Any:
    return TOOL.read(on(), {"check": ran(code, stderr=stderr, output=json.dumps(rows)), "files": files})


def test_a_finding_of_2024_and_one_of_2026() -> None:
    answer = read(1, row(), row(severity="warning", name="unused-import", noqa_row=1))
    assert [place(each) for each in answer.findings] == [("a.py", 1, 8, "F401")] * 2
    assert [each.severity for each in answer.findings] == [Severity.HIGH, Severity.MEDIUM]
    assert answer.findings[0].fix == "Remove unused import: `os`"
    assert answer.files == {"a.py"}


def test_a_syntax_error_has_no_code_in_new_versions() -> None:
    assert read(1, row(code=None, fix=None)).findings[0].rule == "invalid-syntax"


def test_the_place_in_a_notebook_is_that_of_a_cell() -> None:
    (found,) = read(1, row(cell=3)).findings
    assert (found.line, found.message) == (0, "cell 3, line 1: `os` imported but unused")


def test_a_file_that_was_not_read() -> None:
    assert read(1, row(code="E902")).unread == ("a.py",)
    said = "error: Failed to parse b.py:1:7: Expected a parameter\n"
    assert read(0, stderr=said).unread == ("b.py",)


@pytest.mark.parametrize(
    ("code", "rows", "why"),
    [
        (0, [row()], "ended with exit code 0, but it printed 1 findings"),
        (1, [], "ended with exit code 1, but it printed 0 findings"),
        (2, [], "stopped with exit code 2"),
        (1, [{"code": "F401"}], "unknown shape"),
        (1, ["text"], "unknown shape"),
    ],
)
def test_what_is_no_answer(code: int, rows: list[Any], why: str) -> None:
    with pytest.raises(NotUnderstood, match=why):
        read(code, *rows)


def test_without_a_file_there_is_no_answer() -> None:
    with pytest.raises(NotUnderstood, match="wrote no result"):
        TOOL.read(on(), {"check": ran(0), "files": FILES})
    with pytest.raises(NotUnderstood, match="--show-files"):
        read(0, files=ran(2))


def test_the_command() -> None:
    check, files = TOOL.commands(on(config="/repo/ruff.toml"))
    assert {"--no-fix", "E902", "/scratch/ruff.json"} <= set(check.argv)
    assert "--isolated" not in (*check.argv, *files.argv)
    # Without settings in the repository, those above it must not count.
    assert all("--isolated" in each.argv for each in TOOL.commands(on()))
    assert "E902,E999" in TOOL.commands(on(version=(0, 4, 10)))[0].argv
    assert TOOL.commands(on(paths=("src",)))[0].argv[-1] == "src"
