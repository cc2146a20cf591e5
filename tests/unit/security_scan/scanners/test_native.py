from __future__ import annotations

import pytest
from tests.doubles.scanning import ended

from ci_actions.findings.model import Severity
from ci_actions.security_scan.model import Trouble
from ci_actions.security_scan.scanners import NoAnswer, native


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("HIGH", Severity.HIGH), ("moderate", Severity.MEDIUM), ("Informational", Severity.LOW), ("", Severity.UNKNOWN),
        ("UNDEFINED", Severity.UNKNOWN), ("terrible", Severity.UNKNOWN), (None, Severity.UNKNOWN), (7, Severity.UNKNOWN),
        ("critical", Severity.CRITICAL),
    ],
)  # fmt: skip
def test_severity(word: object, expected: Severity) -> None:
    assert native.severity(word) is expected


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("./a.py", "a.py"),
        ("/builds/src/a.py", "src/a.py"),
        ("src\\a.py", "src/a.py"),
        ("/workshop/a.py", "/workshop/a.py"),
        (".github/workflows/ci.yml", ".github/workflows/ci.yml"),
        ("././a", "a"),
    ],
)
def test_relative(path: str, expected: str) -> None:
    assert native.relative(path, "/builds") == expected


@pytest.mark.parametrize(
    ("errors", "expected"),
    [
        ("dial tcp 1.2.3.4:443: connection refused", Trouble.ENVIRONMENT),
        ("x509: certificate signed by unknown authority", Trouble.ENVIRONMENT),
        ("TOOMANYREQUESTS: retry-after", Trouble.ENVIRONMENT),
        ("panic: index out of range", Trouble.EVIDENCE),
        ("", Trouble.EVIDENCE),
    ],
)
def test_whose_fault_it_is(errors: str, expected: Trouble) -> None:
    with pytest.raises(NoAnswer) as why:
        native.ended_well(ended(code=2, errors=errors), 0)
    assert why.value.trouble is expected


def test_what_a_scanner_said_is_told_without_what_it_stumbled_over() -> None:
    with pytest.raises(NoAnswer, match=r"exit code 2: “cannot parse … at line 3”\."):
        native.ended_well(ended(code=2, errors="cannot parse AKIAIOSFODNN7EXAMPLE at line 3"), 0)


def test_too_much_output_is_no_answer() -> None:
    with pytest.raises(NoAnswer, match="more than it may"):
        native.ended_well(ended(flooded=True), 0)


def test_deep_json_is_no_answer() -> None:
    with pytest.raises(NoAnswer, match="no JSON"):
        native.document(ended(b"[" * 200_000))


def test_a_byte_order_mark_is_no_matter() -> None:
    assert native.document(ended(b"\xef\xbb\xbf[]")) == []


def test_a_hook_says_what_stands_for_an_object() -> None:
    output = b'{"all": [{"name": 1}, {"other": 2}]}'
    found = native.document(ended(output), hook=lambda row: row.get("name", row))
    assert found == {"all": [1, {"other": 2}]}


def test_listed() -> None:
    assert native.listed(["a", "b", "c", "d", "e"]) == "a, b, c, and 2 more"
    assert native.listed(["a"]) == "a"


@pytest.mark.parametrize(
    ("number", "expected"), [(1, "1 dependency"), (2, "2 dependencies"), (0, "0 dependencies")]
)
def test_count(number: int, expected: str) -> None:
    assert native.count(number, "dependency") == expected
