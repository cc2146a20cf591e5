from __future__ import annotations

import json
from typing import Any

import pytest
from tests.unit.quality.reading import on, place, ran

from ci_actions.findings.model import Severity
from ci_actions.quality.tool import NotUnderstood
from ci_actions.quality.tools.pylint import TOOL

FILES = {"a.py": "x = '日本', nope\n", "b.py": ""}


def row(kind: str = "error", identity: str = "E0602", **more: Any) -> dict[str, Any]:
    return {
        "type": kind,
        "symbol": "undefined-variable",
        "message": "Undefined variable 'nope'",
        "messageId": identity,
        "line": 1,
        "column": 14,
        "endLine": 1,
        "endColumn": 18,
        "path": "a.py",
        "absolutePath": "/repo/a.py",
        **more,
    }


def read(code: int, *rows: Any, score: float = 5.0, stdout: str = "Linting 2 modules.\n") -> Any:
    document = {"messages": list(rows), "statistics": {"modulesLinted": 2, "score": score}}
    return TOOL.read(on(FILES), {"check": ran(code, stdout, output=json.dumps(document))})


def test_columns_are_bytes_that_become_code_points() -> None:
    answer = read(2, row())
    assert [place(each) for each in answer.findings] == [("a.py", 1, 11, "E0602")]
    assert (answer.files, answer.score) == (2, "score 5.00 of 10")


def test_the_form_of_older_versions() -> None:
    old = {key: value for key, value in row().items() if key not in ("messageId", "absolutePath")} | {
        "message-id": "E0602"
    }
    answer = TOOL.read(
        on(FILES, (2, 17, 7)), {"check": ran(2, "Linting 2 modules.\n", output=json.dumps([old]))}
    )
    assert [place(each) for each in answer.findings] == [("a.py", 1, 11, "E0602")]


def test_what_fail_under_lets_pass_is_a_remark() -> None:
    answer = read(0, row(), score=9.0)
    assert (len(answer.findings), len(answer.remarks)) == (0, 1)
    assert answer.score == "score 9.00 of 10, which its fail-under lets pass"


@pytest.mark.parametrize(
    ("kind", "severity"),
    [
        ("error", Severity.HIGH),
        ("warning", Severity.MEDIUM),
        ("refactor", Severity.LOW),
        ("convention", Severity.LOW),
        ("news", Severity.UNKNOWN),
    ],
)
def test_severities(kind: str, severity: Severity) -> None:
    code = {"error": 2, "warning": 4, "refactor": 8, "convention": 16}.get(kind, 0)
    answer = read(code, row(kind))
    assert [each.severity for each in (*answer.findings, *answer.remarks)] == [severity]


def test_information_makes_nothing_fail() -> None:
    answer = read(2, row(), row("info", "I0021"))
    assert [each.rule for each in answer.findings] == ["E0602"]
    assert [each.rule for each in answer.remarks] == ["I0021"]


def test_what_is_about_several_files_has_no_place() -> None:
    (found,) = read(8, row("refactor", "R0801")).findings
    assert (found.path, found.region) == ("", None)


@pytest.mark.parametrize(
    ("code", "rows", "why"),
    [
        (32, [], "exit code 32"),
        (2, [], "its messages make 0"),
        (4, [row()], "its messages make 2"),
        (2, [row(identity="E0015")], "does not take its configuration"),
        (1, [row("fatal", "F0002")], "gave up on a.py"),
        (2, [{"type": "error"}], "unknown shape"),
    ],
)
def test_what_is_no_answer(code: int, rows: list[Any], why: str) -> None:
    with pytest.raises(NotUnderstood, match=why):
        read(code, *rows)


def test_text_before_the_json_is_no_answer() -> None:
    with pytest.raises(NotUnderstood, match="no valid JSON"):
        TOOL.read(on(FILES), {"check": ran(0, output="Invalid TOML\n{}")})


def test_the_count_without_a_word_is_never_more_than_there_are() -> None:
    assert read(0, stdout="").files == 2


@pytest.mark.parametrize(
    ("settings", "jobs"),
    [(None, True), ({"MAIN": {"jobs": "4"}}, False), ({"tool": {"pylint": {"main": {"jobs": 0}}}}, False)],
)
def test_one_process_unless_the_settings_say_otherwise(settings: Any, jobs: bool) -> None:
    (command,) = TOOL.commands(on(FILES, settings=settings))
    assert ("--jobs=1" in command.argv) is jobs
    assert any(word.startswith("--output-format=json2:") for word in command.argv)
    assert any(word.startswith("--output-format=json:") for word in TOOL.commands(on(FILES, (2, 17)))[0].argv)
