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

META = {"format": 3, "version": "7.10.1", "timestamp": "2026-01-02T03:04:05.678901", "branch_coverage": True}


def a_file(**changes: Any) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "executed_lines": [1, 2, 5],
        "missing_lines": [3],
        "excluded_lines": [9],
        "executed_branches": [[2, 3], [5, -1]],
        "missing_branches": [[2, 5]],
        "contexts": {"1": ["x"]},
        "functions": {},
    }
    return {key: value for key, value in {**entry, **changes}.items() if value is not ...}


def a_report(*, path: str = "src/a.py", meta: Any = META, totals: Any = None, **changes: Any) -> str:
    document = {
        "meta": meta,
        "files": {path: a_file(**changes)},
        "totals": totals or {"num_statements": 4, "covered_lines": 3},
    }
    return json.dumps(document)


def test_a_report(read: Read, told: Told) -> None:
    report = read(a_report())
    assert told(report) == {"src/a.py": {1: True, 2: True, 3: False, 5: True}}
    file = report.files[0]
    assert file.excluded == from_numbers([9])
    assert file.branches == {
        2: LineBranches.of_arcs(frozenset(["3", "5"]), frozenset(["3"])),
        5: LineBranches.of_arcs(frozenset(["-1"]), frozenset(["-1"])),
    }
    assert (report.format, report.tool, report.has_branches) == ("coverage-json", "coverage.py 7.10.1", True)
    assert report.timestamp
    assert report.warnings == ()


@pytest.mark.parametrize("meta", [{"format": 2, "version": "7.0"}, {"version": "5.0"}, {}])
def test_older_reports_without_branches(read: Read, meta: Any) -> None:
    report = read(a_report(meta=meta, executed_branches=..., missing_branches=..., excluded_lines=...))
    assert not report.has_branches
    assert report.timestamp is None
    assert report.warnings == ()


@pytest.mark.parametrize("path", ["src\\pay.py", "C:\\src\\pay.py", "/abs/pay.py", "ä.py", "a\nb.py"])
def test_paths_stay_as_they_are(read: Read, path: str) -> None:
    assert [file.path for file in read(a_report(path=path)).files] == [path]


@pytest.mark.parametrize("timestamp", ["yesterday", "0001-01-01T00:00:00", 5, None])
def test_odd_timestamps(read: Read, timestamp: Any) -> None:
    read(a_report(meta={**META, "timestamp": timestamp}))


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-32"])
def test_encodings(read: Read, encoding: str) -> None:
    assert read(a_report().encode(encoding)).files


SAID: list[tuple[str, str]] = [
    (a_report(totals={"num_statements": 9, "covered_lines": 9}), "its header says 9 measured lines"),
    (a_report(totals={"num_statements": float("nan"), "covered_lines": 1}), "its totals are no numbers"),
    (json.dumps({"meta": META, "files": {}}), "it has no totals"),
    (a_report(meta={**META, "format": 4}), "its format '4' is newer than 3"),
    (a_report(executed_lines=[0, 1, 2, 5]), "line 0 was ignored"),
]


@pytest.mark.parametrize(("content", "warning"), SAID)
def test_what_is_odd_is_said(read: Read, content: str, warning: str) -> None:
    assert any(warning in text for text in read(content).warnings)


REFUSED: list[tuple[str | bytes, str]] = [
    (a_report()[:-20], "truncated or no JSON: .*line 1, column"),
    (a_report().encode("utf-16")[:-1], "UTF-?16|utf-16"),
    ('{"meta": {}}', "no object 'files'"),
    ('{"meta": [], "executed_lines": 1}', "no object 'meta'"),
    ('{"meta": {"x": ' + "9" * 5000 + "}}", "no JSON that a tool writes"),
    ('{"meta": {"x": ' + "[" * 100_000 + "}}", "no JSON"),
    (json.dumps({"meta": {}, "files": {"a.py": []}}), "a.py: is not an object"),
    (a_report(missing_lines=...), "src/a.py: has no list of line numbers 'missing_lines'"),
    (a_report(executed_lines=["1"]), "no list of line numbers 'executed_lines'"),
    (a_report(executed_lines=[True]), "no list of line numbers"),
    (a_report(executed_lines=[float("nan")]), "no list of line numbers"),
    (a_report(executed_lines=[1, -4]), "src/a.py: line number -4"),
    (a_report(executed_lines=[10**12]), "src/a.py: line number 1000000000000"),
    (a_report(missing_lines=[2]), "line 2 is both executed and missing"),
    (a_report(missing_branches=[[2, 3]]), "a branch of line 2 is both"),
    (a_report(missing_branches=[[2]]), "which is no pair of lines"),
    (a_report(missing_branches=[["2", 3]]), "which is no pair of lines"),
    (a_report(missing_branches={}), "no list 'missing_branches'"),
    (a_report(missing_branches=[[0, 3]]), "which are no lines"),
    (a_report(path=""), "without a name"),
    (a_report(path="\ud800.py"), "cannot be the name of a file"),
]


@pytest.mark.parametrize(("content", "message"), REFUSED)
def test_what_cannot_be_meant_is_refused(read: Read, content: str | bytes, message: str) -> None:
    with pytest.raises(CannotJudge, match=f"coverage.json.*(?:{message})"):
        read(content, path="coverage.json")
