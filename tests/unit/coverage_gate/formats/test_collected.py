from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from ci_actions.coverage_gate.model import CoverageReport, LineBranches
from ci_actions.kit.errors import CannotJudge
from ci_actions.kit.lines import from_numbers

Read = Callable[..., CoverageReport]
Told = Callable[[CoverageReport], dict[str, dict[int, bool]]]

DIGEST = "0123456789abcdef" * 4


def a_report(*, path: str = "src/a.py", report: Any = None, **changes: Any) -> str:
    entry: dict[str, Any] = {
        "digest": DIGEST,
        "lines": [1, 4, 7, 9],
        "missed": [3, 3],
        "excluded": [11, 12],
        "branches": {"9": {"taken": ["10"], "missed": ["-1"]}},
    }
    entry = {key: value for key, value in {**entry, **changes}.items() if value is not ...}
    document: dict[str, Any] = {
        "format": "ci-actions-coverage",
        "version": 1,
        "tool": {"python": "3.9.18", "coverage": "7.10.1", "data": "7.10.1"},
        "branches": True,
        "root": "/app",
        "timestamp": 1700000000.0,
        "files": {path: entry},
        "problems": [],
    }
    document = {key: value for key, value in {**document, **(report or {})}.items() if value is not ...}
    return json.dumps(document)


def test_a_report(read: Read, told: Told) -> None:
    report = read(a_report())
    assert told(report) == {"src/a.py": {1: True, 2: True, 3: False, 4: True, 7: True, 8: True, 9: True}}
    file = report.files[0]
    assert file.excluded == from_numbers([11, 12])
    assert file.branches == {9: LineBranches.of_arcs(frozenset(["10", "-1"]), frozenset(["10"]))}
    assert file.digest == DIGEST
    assert (report.format, report.tool, report.interpreter) == ("collected", "coverage.py 7.10.1", "3.9.18")
    assert (report.timestamp, report.sources, report.has_branches) == (1700000000.0, ("/app",), True)
    assert report.warnings == ()


def test_what_may_be_missing(read: Read) -> None:
    report = read(
        a_report(
            report={"root": ..., "timestamp": ..., "problems": ..., "branches": False},
            digest=...,
            excluded=...,
            branches=...,
        )
    )
    assert (report.sources, report.timestamp, report.has_branches) == ((), None, False)


def test_problems_are_said(read: Read) -> None:
    problems = [
        {"path": "b.py", "reason": "no-source", "message": "No source."},
        {"path": "c.py", "reason": "plugin"},
    ]
    assert read(a_report(report={"problems": problems})).problems == ("b.py: No source.", "c.py: plugin")


def test_another_coverage_than_the_one_that_recorded_is_said(read: Read) -> None:
    tool = {"python": "3.9.18", "coverage": "7.10.1", "data": "6.5"}
    caution = "recorded by coverage 6.5, but analysed by coverage 7.10.1, which may count lines differently."
    assert read(a_report(report={"tool": tool})).cautions == (caution,)


REFUSED: list[tuple[str, str]] = [
    (
        a_report(report={"version": 2}),
        "has version '2' of ci-actions-coverage, this ci-actions reads version 1",
    ),
    (a_report(report={"version": True}), "has version 'True'"),
    (a_report(report={"version": ...}), "has version 'None'"),
    (a_report(report={"files": ...}), "no object 'files'"),
    (a_report(report={"files": {"a.py": 5}}), "a.py: is no object"),
    (a_report(report={"tool": ...}), "no object 'tool'"),
    (a_report(report={"tool": {"python": 3}}), "tool: 'python' is no text"),
    (a_report(report={"root": 3}), "'root' is no text"),
    (a_report(report={"timestamp": "now"}), "'timestamp' is no number"),
    (a_report(report={"timestamp": float("nan")}), "'timestamp' is no number"),
    (a_report(report={"timestamp": 1e300}), "'timestamp' is no number"),
    (a_report(report={"problems": {}}), "'problems' is no list"),
    (a_report(report={"problems": ["x"]}), "'problems' is no list"),
    (a_report(report={"problems": [{"path": 5}]}), "'path' is no text"),
    (a_report(lines=...), "src/a.py: 'lines' is no flat list"),
    (a_report(lines=[1]), "'lines' is no flat list"),
    (a_report(lines=[[1, 4]]), "'lines' is no flat list"),
    (a_report(lines=[1.0, 4.0]), "'lines' is no flat list"),
    (a_report(lines=[True, True]), "'lines' is no flat list"),
    (a_report(lines=[4, 1]), "'lines': 4-1 is not a range"),
    (a_report(lines=[0, 1]), "'lines': 0-1 is not a range"),
    (a_report(lines=[1, 10**12]), "'lines': 1-1000000000000 is not a range"),
    (a_report(missed=...), "'missed' is no flat list"),
    (a_report(missed=[5, 5]), "'missed' names line 5, not in 'lines'"),
    (a_report(excluded="x"), "'excluded' is no flat list"),
    (a_report(digest="ABC"), "'digest' is no SHA-256"),
    (a_report(digest=5), "'digest' is no SHA-256"),
    (a_report(branches=[1]), "'branches' is no object"),
    (a_report(branches={"5": {"taken": [], "missed": []}}), "an entry '5', which is none of its lines"),
    (a_report(branches={"-9": {"taken": [], "missed": []}}), "an entry '-9'"),
    (a_report(branches={"99999999": {"taken": [], "missed": []}}), "an entry '99999999'"),
    (a_report(branches={"9": []}), "an entry '9'"),
    (a_report(branches={"9": {"taken": []}}), "without a list 'missed'"),
    (a_report(branches={"9": {"taken": [1], "missed": []}}), "without a list 'taken'"),
    (a_report(branches={"9": {"taken": ["1"], "missed": ["1"]}}), "a branch of line 9 is both"),
    (a_report(path=""), "without a name"),
    (a_report()[:-20], "truncated"),
]


@pytest.mark.parametrize(("content", "message"), REFUSED)
def test_what_cannot_be_meant_is_refused(read: Read, content: str, message: str) -> None:
    with pytest.raises(CannotJudge, match=f"shard.json.*{message}"):
        read(content, path="shard.json")
