from __future__ import annotations

import json
from typing import Any

import pytest
from tests.unit.quality.reading import on, place, ran

from ci_actions.findings.model import Severity
from ci_actions.quality.tool import NotUnderstood
from ci_actions.quality.tools.pyright import TOOL

FILES = {"a.py": "x = '😀', nope\n", "marked.py": "\ufeffnope\n"}


def row(
    file: str = "/repo/a.py", severity: str = "error", start: int = 10, end: int = 14, **more: Any
) -> dict[str, Any]:
    place = {"start": {"line": 0, "character": start}, "end": {"line": 0, "character": end}}
    return {
        "file": file,
        "severity": severity,
        "message": "bad\n  very",
        "range": place,
        "rule": "reportX",
        **more,
    }


def read(code: int, *rows: Any, files: int = 2, errors: int | None = None, stderr: str = "") -> Any:
    count = sum(each.get("severity") == "error" for each in rows) if errors is None else errors
    document = {"generalDiagnostics": rows, "summary": {"filesAnalyzed": files, "errorCount": count}}
    return TOOL.read(on(FILES), {"check": ran(code, json.dumps(document), stderr)})


def test_columns_are_utf_16_that_become_code_points() -> None:
    answer = read(1, row(), row("/repo/marked.py", start=1, end=5))
    assert [place(each) for each in answer.findings] == [
        ("a.py", 1, 10, "reportX"),
        ("marked.py", 1, 1, "reportX"),
    ]
    assert answer.findings[0].message == "bad very"
    assert answer.files == 2


def test_warnings_do_not_count() -> None:
    answer = read(0, row(severity="warning"), row(severity="information"))
    assert answer.findings == ()
    assert [each.severity for each in answer.remarks] == [Severity.MEDIUM, Severity.LOW]


def test_no_file_is_no_file() -> None:
    assert read(0, files=0).files == 0


def test_a_message_without_rule_and_range() -> None:
    bare = {"file": "/repo/a.py", "severity": "error", "message": "m"}
    assert place(read(1, bare).findings[0]) == ("a.py", 0, 0, "error")


@pytest.mark.parametrize(
    ("code", "rows", "more", "why"),
    [
        (3, [], {}, "exit code 3"),
        (0, [], {"stderr": 'Config contains unrecognized setting "x".\n'}, "unrecognized setting"),
        (0, [row()], {}, "printed 1 errors"),
        (1, [], {}, "printed 0 errors"),
        (1, [row()], {"errors": 2}, "counts 2"),
        (1, [{"severity": "error", "message": "m", "range": {}}], {}, "unknown shape"),
    ],
)
def test_what_is_no_answer(code: int, rows: list[Any], more: dict[str, Any], why: str) -> None:
    with pytest.raises(NotUnderstood, match=why):
        read(code, *rows, **more)


def test_nothing_is_fetched_and_the_environment_is_the_projects() -> None:
    (command,) = TOOL.commands(on(config="/repo/pyproject.toml"))
    assert command.env["npm_config_offline"] == "true"
    assert command.argv[1:5] == ("--project", "/repo/pyproject.toml", "--pythonpath", "/env/bin/python")
