"""Whatever is in a file: a report, or CannotJudge with words that can be printed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ci_actions.coverage_gate import formats
from ci_actions.coverage_gate.formats import Format
from ci_actions.kit.errors import CannotJudge

unhurried = settings(deadline=None)

DATA = Path(__file__).parent / "data"

COLLECTED = {
    "format": "ci-actions-coverage",
    "version": 1,
    "tool": {"python": "3.9.18", "coverage": "7.10.1", "data": "7.10.1"},
    "branches": True,
    "root": "/app",
    "timestamp": 1.7e9,
    "files": {
        "a.py": {
            "digest": "",
            "lines": [1, 4],
            "missed": [3, 3],
            "branches": {"2": {"taken": ["3"], "missed": []}},
        }
    },
    "problems": [{"path": "b.py", "reason": "no-source"}],
}
COVERAGE_JSON = {
    "meta": {"format": 3, "version": "7", "timestamp": "2026-01-01T00:00:00", "branch_coverage": True},
    "files": {
        "a.py": {
            "executed_lines": [1, 2],
            "missing_lines": [3],
            "excluded_lines": [],
            "executed_branches": [[1, 2]],
            "missing_branches": [[1, -1]],
        }
    },
    "totals": {"num_statements": 3, "covered_lines": 2},
}
GO = b"mode: set\nexample.org/a/b.go:1.2,3.4 1 1\nexample.org/a/b.go:3.4,9.1 2 0\n"
FILES = [
    *(
        (path.read_bytes(), formats.recognise(path.name, path.read_bytes()))
        for path in sorted(DATA.iterdir())
    ),
    (GO, Format.GO),
    (json.dumps(COLLECTED).encode(), Format.COLLECTED),
    (json.dumps(COVERAGE_JSON).encode(), Format.COVERAGE_JSON),
]
WORDS = (
    b"0 -1 1e9 NaN 99999999999999999999 \x00 \xff \xff\xfe <!--  --> & &#0; &#xD800; \" ' , : . [ ] { } null true \\ud800 "
    b"\xe2\x80\xa8 DA:1,1 SF: end_of_record mode: % / \n"
)
PIECES = [*WORDS.split(b" "), b"", b" ", b"\r", b"9" * 5000]


@st.composite
def mutations(draw: st.DrawFn) -> tuple[bytes, Format]:
    data, format = draw(st.sampled_from(FILES))
    for _ in range(draw(st.integers(0, 4))):
        start = draw(st.integers(0, len(data)))
        data = data[:start] + draw(st.sampled_from(PIECES)) + data[start + draw(st.integers(0, 20)) :]
    return data, format


def judge(data: bytes, format: Format, *, counts: bool) -> None:
    """Read `data`; anything but CannotJudge is a failure of the test."""
    try:
        formats.recognise("x", data[: formats.HEAD])
    except CannotJudge as error:
        error.message.encode()
    try:
        report = formats.read("x", data, format, counts=counts)
    except CannotJudge as error:
        error.message.encode()
        return
    for file in report.files:
        file.path.encode()
        assert file.path
        assert not file.hit & ~file.measured
        assert all(0 <= found.covered <= found.total for found in file.branches.values())
        assert all(0 <= count < 2**63 for count in file.hits.values())
    for text in report.warnings:
        text.encode()


@unhurried
@given(mutations(), st.booleans())
def test_mutated_reports(mutation: tuple[bytes, Format], counts: bool) -> None:
    judge(*mutation, counts=counts)


@unhurried
@given(mutations(), st.sampled_from(Format))
def test_reports_read_in_the_wrong_format(mutation: tuple[bytes, Format], format: Format) -> None:
    judge(mutation[0], format, counts=False)


@unhurried
@given(st.binary(max_size=200), st.sampled_from(Format))
def test_any_bytes(data: bytes, format: Format) -> None:
    judge(data, format, counts=True)


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


def replaced(document: Any, places: list[int], value: Any) -> Any:
    """Return `document` with one of its members, found by following `places`, replaced by `value`."""
    if not places or not isinstance(document, dict | list) or not document:
        return value
    if isinstance(document, list):
        at = places[0] % len(document)
        return [*document[:at], replaced(document[at], places[1:], value), *document[at + 1 :]]
    key = sorted(document)[places[0] % len(document)]
    return {**document, key: replaced(document[key], places[1:], value)}


@pytest.mark.parametrize(
    ("document", "format"), [(COLLECTED, Format.COLLECTED), (COVERAGE_JSON, Format.COVERAGE_JSON)]
)
@unhurried
@given(places=st.lists(st.integers(0, 9), min_size=1, max_size=5), value=values)
def test_json_of_other_types(document: Any, format: Format, places: list[int], value: Any) -> None:
    judge(json.dumps(replaced(document, places, value)).encode(), format, counts=False)
