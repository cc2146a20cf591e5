from __future__ import annotations

import gzip
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.doubles.sarif_schema import check_schema, check_upload

from ci_actions.findings import sarif
from ci_actions.findings.model import Finding, Kind, Package, Region, Severity
from ci_actions.findings.sarif import Run, Writer

WRITER = Writer(capability="security-scan")


def finding(rule: str = "B602", **more: Any) -> Finding:
    values: dict[str, Any] = {
        "tool": "bandit",
        "kind": Kind.CODE,
        "severity": Severity.HIGH,
        "message": "shell=True identified",
        "path": "src/a.py",
        "region": Region(3, 5, 3, 20),
        "fingerprint": "f" * 64,
    }
    return Finding(rule=rule, **(values | more))


def log(*runs: Run, writer: Writer = WRITER) -> Any:
    return check_schema("".join(writer.log(runs)))


def upload(*runs: Run, writer: Writer = WRITER) -> Any:
    text = "".join(writer.upload(runs))
    check_upload(text)
    return json.loads(text)


def only(document: Any) -> Any:
    (run,) = document["runs"]
    (result,) = run["results"]
    return result


def run(*findings: Finding, **more: Any) -> Run:
    return Run(**({"tool": "bandit", "version": "1.8.6", "findings": findings} | more))


EVERYTHING = (
    run(
        finding(title="shell", url="https://example.com/b602", confidence=Severity.MEDIUM, line_hash="abc:1"),
        finding("B101", severity=Severity.LOW, region=None),
        finding("B999", severity=Severity.UNKNOWN, kind=Kind.STYLE, fix="Write it another way."),
        suppressed=[(finding("B301"), "only constants reach it")],
        notices=[("error", "1 file could not\nbe parsed")],
        complete=False,
        url="https://bandit.readthedocs.io",
    ),
    run(
        finding(
            "CVE-1",
            kind=Kind.DEPENDENCY,
            package=Package("flask", "0.5", "PyPI", ("0.12.3", "1.0")),
            aliases=("GHSA-1",),
            also=("trivy-fs",),
            score=9.8,
            severity=Severity.CRITICAL,
        ),
        tool="trivy-image",
        target="reg.example/app:1.2@sha256:ab cd",
    ),
    run(tool="empty"),
)


def test_a_log_with_everything_fits_the_schema() -> None:
    document = log(*EVERYTHING)
    assert [each["automationDetails"]["id"] for each in document["runs"]] == [
        "ci-actions/security-scan/bandit/repository/",
        "ci-actions/security-scan/trivy-image/reg.example/app:1.2@sha256:ab-cd/",
        "ci-actions/security-scan/empty/repository/",
    ]
    assert upload(*EVERYTHING)["version"] == "2.1.0"


def test_a_result() -> None:
    result = only(log(run(finding(line_hash="0ab:2", confidence=Severity.LOW))))
    assert result == {
        "ruleId": "B602",
        "ruleIndex": 0,
        "level": "error",
        "message": {"text": "shell=True identified"},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": "src/a.py"},
                    "region": {"startLine": 3, "startColumn": 5, "endColumn": 20},
                }
            }
        ],
        "partialFingerprints": {"primaryLocationLineHash": "0ab:2", "ciActions/v1": "f" * 64},
        "properties": {"severity": "high", "confidence": "low"},
    }


@pytest.mark.parametrize(
    ("severity", "score", "level", "number"),
    [
        (Severity.CRITICAL, None, "error", "9.5"),
        (Severity.HIGH, None, "error", "8.0"),
        (Severity.MEDIUM, None, "warning", "5.5"),
        (Severity.LOW, None, "note", "3.0"),
        (Severity.HIGH, 7.5, "error", "7.5"),
        (Severity.CRITICAL, 9.0, "error", "9.0"),
        (Severity.HIGH, 9.8, "error", "8.0"),
        (Severity.LOW, 0.0, "note", "3.0"),
        (Severity.UNKNOWN, None, "error", "8.0"),
    ],
)
def test_code_scanning_shows_the_class_that_the_gate_sees(
    severity: Severity, score: float | None, level: str, number: str
) -> None:
    document = log(run(finding(severity=severity, score=score)))
    (rule,) = document["runs"][0]["tool"]["driver"]["rules"]
    assert only(document)["level"] == level
    assert rule["properties"]["security-severity"] == number
    assert sarif.word_of(float(number)) is (severity or Severity.HIGH)


def test_an_unknown_severity_that_counts_as_nothing_has_no_number() -> None:
    document = log(
        run(finding(severity=Severity.UNKNOWN)), writer=Writer(capability="x", unknown=Severity.UNKNOWN)
    )
    assert "security-severity" not in document["runs"][0]["tool"]["driver"]["rules"][0]["properties"]
    assert only(document)["level"] == "warning"


def test_a_linter_s_rule_is_no_security_rule() -> None:
    document = log(run(finding(kind=Kind.STYLE)))
    assert document["runs"][0]["tool"]["driver"]["rules"][0]["properties"] == {"tags": ["quality"]}


def test_a_rule_is_as_severe_as_its_worst_finding_and_each_result_as_itself() -> None:
    document = log(run(finding(severity=Severity.LOW), finding(severity=Severity.CRITICAL), finding("B1")))
    rules = document["runs"][0]["tool"]["driver"]["rules"]
    assert {rule["id"]: rule["properties"]["security-severity"] for rule in rules} == {
        "B602": "9.5",
        "B1": "8.0",
    }
    assert [each["level"] for each in document["runs"][0]["results"]] == ["error", "error", "note"]


@pytest.mark.parametrize(
    ("path", "uri"),
    [
        ("src/a b.py", "src/a%20b.py"),
        ("src\\a.py", "src/a.py"),
        ("/etc/passwd", "etc/passwd"),
        ("C:/x.py", "C%3A/x.py"),
        ("a%20b.py", "a%2520b.py"),
        ("é/ü.py", "%C3%A9/%C3%BC.py"),
        ("caf\udce9.py", "caf%E9.py"),
        ("new\nline#?.py", "new%0Aline%23%3F.py"),
    ],
)
def test_addresses(path: str, uri: str) -> None:
    location = only(upload(run(finding(path=path))))["locations"][0]["physicalLocation"]
    assert location["artifactLocation"]["uri"] == uri


def test_a_finding_about_no_file_is_at_its_target() -> None:
    location = only(upload(run(finding(path="", target="app:1", region=None))))["locations"][0][
        "physicalLocation"
    ]
    assert location == {"artifactLocation": {"uri": "app%3A1"}}


@pytest.mark.parametrize(
    ("region", "expected"),
    [
        (Region(3), {"startLine": 3}),
        (Region(3, 0, 0, 9), {"startLine": 3}),
        (Region(3, 5), {"startLine": 3, "startColumn": 5}),
        (Region(3, 5, 3, 5), {"startLine": 3, "startColumn": 5}),
        (Region(3, 5, 3, 2), {"startLine": 3, "startColumn": 5}),
        (Region(3, 5, 2, 9), {"startLine": 3, "startColumn": 5}),
        (Region(3, 5, 4, 2), {"startLine": 3, "startColumn": 5, "endLine": 4, "endColumn": 2}),
        (Region(3, 0, 4, 2), {"startLine": 3, "endLine": 4}),
        (Region(0, 1), None),
        (None, None),
    ],
)
def test_regions(region: Region | None, expected: Any) -> None:
    physical = only(log(run(finding(region=region))))["locations"][0]["physicalLocation"]
    assert physical.get("region") == expected


@given(st.integers(0, 9), st.integers(0, 9), st.integers(0, 9), st.integers(0, 9))
def test_a_region_never_ends_before_it_begins(line: int, column: int, end_line: int, end_column: int) -> None:
    text = "".join(WRITER.log([run(finding(region=Region(line, column, end_line, end_column)))]))
    region = only(json.loads(text))["locations"][0]["physicalLocation"].get("region")
    if region is None:
        assert line == 0
        return
    start = (region["startLine"], region.get("startColumn", 1))
    assert (region.get("endLine", line), region.get("endColumn", 10**6)) >= start
    assert all(value >= 1 for value in region.values())


def test_snippets_are_never_written() -> None:
    assert "snippet" not in "".join(WRITER.log(EVERYTHING))


def test_suppressed_findings_are_in_the_log_and_not_in_what_is_uploaded() -> None:
    one = run(suppressed=[(finding(), "only constants | reach it")])
    assert only(log(one))["suppressions"] == [
        {"kind": "external", "justification": "only constants | reach it"}
    ]
    (uploaded,) = upload(one)["runs"]
    assert uploaded["results"] == []
    assert uploaded["tool"]["driver"]["rules"] == []


@pytest.mark.parametrize(
    ("one", "uploaded"),
    [
        (run(), True),
        (run(finding()), True),
        (run(finding(), complete=False), True),
        (run(complete=False), False),
        (run(failed=True), False),
        (run(finding(), failed=True), False),
    ],
    ids=["clean", "findings", "incomplete", "incomplete-empty", "failed-empty", "failed"],
)
def test_no_run_is_uploaded_that_would_close_alerts_nobody_looked_at(one: Run, uploaded: bool) -> None:
    assert one.can_be_uploaded is uploaded
    assert len(upload(one)["runs"]) == uploaded
    (logged,) = log(one)["runs"]
    assert logged["invocations"][0]["executionSuccessful"] is (one.complete and not one.failed)


def test_notices() -> None:
    (only_run,) = log(run(complete=False, notices=[("error", "bad\nthing"), ("note", "x")]))["runs"]
    assert only_run["invocations"] == [
        {
            "executionSuccessful": False,
            "toolExecutionNotifications": [
                {"level": "error", "message": {"text": "bad thing"}},
                {"level": "note", "message": {"text": "x"}},
            ],
        }
    ]


def test_runs_with_one_name_are_told_apart() -> None:
    document = upload(run(finding()), run(finding()), run(finding(), target="./x/"))
    assert [each["automationDetails"]["id"] for each in document["runs"]] == [
        "ci-actions/security-scan/bandit/repository/",
        "ci-actions/security-scan/bandit/repository-2/",
        "ci-actions/security-scan/bandit/./x/",
    ]


# --- GitHub's limits -----------------------------------------------------------------------------------


def said(document: Any) -> list[str]:
    return [
        notice["message"]["text"]
        for each in document["runs"]
        for notice in each["invocations"][0].get("toolExecutionNotifications", [])
    ]


def test_of_more_than_twenty_runs_the_most_severe_stay() -> None:
    runs = [
        run(finding(severity=Severity.LOW if number == 7 else Severity.HIGH), tool=f"t{number:02}")
        for number in range(21)
    ]
    document = upload(*runs)
    assert [each["tool"]["driver"]["name"] for each in document["runs"]] == [
        f"t{n:02}" for n in range(21) if n != 7
    ]
    assert said(document) == [
        "Code scanning takes 20 runs: left out are t07 on . (1 results). The full log holds them."
    ]
    assert len(log(*runs)["runs"]) == 21


def test_of_more_than_25_000_results_the_most_severe_stay() -> None:
    low = [finding("L", severity=Severity.LOW, path=f"a{n}.py") for n in range(20_000)]
    high = [finding("H", path=f"b{n}.py") for n in range(10_000)]
    document = upload(run(*low, *high))
    results = document["runs"][0]["results"]
    assert len(results) == 25_000
    assert sum(each["ruleId"] == "H" for each in results) == 10_000
    assert said(document) == [
        "5000 results are left out (5000 low): code scanning takes no more. The full log holds them."
    ]
    assert len(json.loads("".join(WRITER.log([run(*low, *high)])))["runs"][0]["results"]) == 30_000


def test_what_would_be_larger_than_ten_megabytes_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a limit of 100 KB in place of 10 MB, so that it takes no minute."""
    import hashlib

    def noise(number: int) -> str:
        return hashlib.sha512(str(number).encode()).hexdigest()

    runs = [
        run(
            *(
                finding("L", severity=Severity.LOW, message=noise(n), fingerprint=noise(n)[:64])
                for n in range(2000)
            ),
            tool="a",
        ),
        run(*(finding("H", message=noise(-n), fingerprint=noise(-n)[:64]) for n in range(800)), tool="b"),
    ]
    monkeypatch.setattr(sarif, "BYTES", 200_000)
    text = "".join(WRITER.upload(runs))
    assert 100_000 < len(gzip.compress(text.encode(), 6)) <= 200_000
    low, high = (len(each["results"]) for each in json.loads(text)["runs"])
    assert high == 800
    assert 0 < low < 2000
    assert said(json.loads(text)) == [
        f"{2000 - low} results are left out ({2000 - low} low): code scanning takes no more. The full log holds them."
    ]


# --- text ------------------------------------------------------------------------------------------------


@given(st.text(max_size=80), st.text(min_size=1, max_size=20))
def test_any_text_is_valid_json(message: str, rule: str) -> None:
    text = "".join(WRITER.log([run(finding(rule, message=message, title=message, path=rule, fix=message))]))
    document = json.loads(text)
    assert document["runs"][0]["results"][0]["ruleId"] == rule
    text.encode("utf-8")


@pytest.mark.parametrize("address", ["javascript:alert(1)", "https://x y", "http://\n", "", "ftp://x"])
def test_only_web_addresses_become_links(address: str) -> None:
    (rule,) = log(run(finding(url=address)))["runs"][0]["tool"]["driver"]["rules"]
    assert "helpUri" not in rule


def test_the_help_of_a_vulnerable_package() -> None:
    (rule,) = log(EVERYTHING[1])["runs"][0]["tool"]["driver"]["rules"]
    assert rule["help"]["text"] == "CVE-1. Fixed in flask 0.12.3, 1.0. Also known as GHSA-1."
    assert rule["properties"] == {"tags": ["security", "vulnerability"], "security-severity": "9.8"}


def test_it_is_written_piece_by_piece() -> None:
    pieces = list(WRITER.log([run(*(finding(path=f"a{n}.py") for n in range(5000)))]))
    assert len(pieces) > 10
    assert max(map(len, pieces)) < sum(map(len, pieces)) / 5
