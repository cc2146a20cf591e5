from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from ci_actions.ci_nightly.config import Config
from ci_actions.ci_nightly.decide import decide
from ci_actions.ci_nightly.model import Facts
from ci_actions.ci_nightly.report import BYTES, CHARACTERS, rendered

ROOT = Path(__file__).resolve().parents[3]
CRITICAL = {
    "severity": "critical", "kind": "dependency", "canonical": "GHSA-aaaa-bbbb-cccc", "rule": "x", "held-back": "",
    "url": "https://osv.dev/GHSA-aaaa-bbbb-cccc", "package": {"name": "jinja2", "version": "2.0"},
}  # fmt: skip


def told(capability: str, result: str = "passed", *errors: str, **details: Any) -> bytes:
    annotations = [{"level": "error", "message": each} for each in errors]
    annotations.append({"level": "warning", "message": "by the way"})
    found = {"capability": capability, "result": result, "headline": f"{capability}: {result}"}
    return json.dumps({**found, "annotations": annotations, "details": details}).encode()


def made(*reports: bytes, verdict: bytes | None = None, findings: Any = None) -> Any:
    """Return the report for the issue, which fits what its reader takes."""
    given = Facts(
        verdict=verdict,
        reports={f"{number}/report.json": each for number, each in enumerate(reports)},
        findings=None if findings is None else json.dumps({"findings": findings}).encode(),
    )
    found = json.loads(rendered(decide(Config(name="shop", out="x"), given)))
    schema = json.loads((ROOT / "schemas" / "issue-report.schema.json").read_text())
    Draft202012Validator(schema).validate(found)
    return found


def sections(found: Any) -> dict[str, list[str]]:
    return {each["title"]: each["rows"] for each in found["sections"]}


def test_a_green_night_says_nothing_but_what_is_flaky() -> None:
    flaky = {"id": "t.py::a", "shards": ["3.12-1"], "history": "flaky once in 9 runs", "message": "assert 0"}
    found = made(
        told("ci-flaky", flaky=[flaky], failed=[]), told("security-scan"), told("ci-load"),
        verdict=told("ci-aggregate"), findings=[],
    )  # fmt: skip
    assert (found["schema"], found["title"], found["result"], found["critical"]) == (
        "ci-actions-issue/1", "nightly: shop", "passed", [],
    )  # fmt: skip
    assert sections(found) == {"Flaky tests": ["t.py::a (in 3.12-1; flaky once in 9 runs): assert 0"]}


def test_a_red_night_says_what_is_red() -> None:
    failed = {
        "id": "t.py::b",
        "shards": ["3.12-1", "3.13-1"],
        "history": "failed twice in 2 runs",
        "message": "",
    }
    found = made(
        told("ci-flaky", failed=[failed], flaky=[]),
        told("security-scan", "failed", "weak"), told("ci-load", "error", "no numbers"), told("ci-compose", "failed", "db"),
        verdict=told("ci-aggregate", "failed", "test failed", "load failed"),
    )  # fmt: skip
    assert found["result"] == "failed"
    assert sections(found) == {
        "Jobs": ["test failed", "load failed"],
        "Failed tests": ["t.py::b (in 3.12-1, 3.13-1; failed twice in 2 runs)"],
        "Security": ["security-scan: failed", "weak"],
        "Integration": ["ci-compose: failed", "db"],
        "Load": ["ci-load: error", "no numbers"],
    }


def test_tests_of_a_command_are_told_by_the_verdict() -> None:
    verdict = told("ci-aggregate", "failed", failures=["Shard x says itself that it failed: exit 2."])
    assert sections(made(verdict=verdict))["Failed tests"] == ["Shard x says itself that it failed: exit 2."]


@pytest.mark.parametrize(
    ("verdict", "result"),
    [
        (None, "incomplete"), (b"", "incomplete"), (b"[]", "incomplete"), (told("ci-aggregate", "error"), "error"),
        (told("ci-aggregate", "strange"), "incomplete"), (told("ci-aggregate", "would-fail"), "incomplete"),
    ],
)  # fmt: skip
def test_without_a_verdict_no_night_is_green(verdict: bytes | None, result: str) -> None:
    found = made(told("ci-flaky"), verdict=verdict)
    assert found["result"] == result
    assert sections(found)["Jobs"]


def test_a_report_that_cannot_be_understood_is_told() -> None:
    found = made(b"{", told("ci-flaky"), verdict=told("ci-aggregate"))
    assert sections(found) == {"Reports": ["The report 0/report.json cannot be understood: it is no JSON."]}


@pytest.mark.parametrize(
    ("scan", "findings", "critical"),
    [
        (told("security-scan"), [], []),
        (told("security-scan", "failed"), [CRITICAL, CRITICAL], ["GHSA-aaaa-bbbb-cccc"]),
        (told("security-scan"), [{**CRITICAL, "held-back": "suppressed until 2030-01-01 by me"}], []),
        (told("security-scan"), [{**CRITICAL, "held-back": "below fail-on"}], ["GHSA-aaaa-bbbb-cccc"]),
        (told("security-scan"), [{**CRITICAL, "severity": "high"}, {**CRITICAL, "kind": "code"}], []),
        (told("security-scan", "error"), [], None),
        (told("security-scan"), None, None),
        (told("ci-load"), [], None),
    ],
    ids=[
        "none",
        "one twice",
        "suppressed",
        "not gating",
        "others",
        "no scan",
        "no findings",
        "not asked for",
    ],
)
def test_critical_vulnerabilities(scan: bytes, findings: Any, critical: list[str] | None) -> None:
    found = made(scan, verdict=told("ci-aggregate"), findings=findings)["critical"]
    assert (found if found is None else [each["id"] for each in found]) == critical


def test_what_a_finding_says_of_itself_is_checked() -> None:
    strange = {**CRITICAL, "canonical": "<b>", "url": "javascript:alert(1)", "package": None}
    (found,) = made(told("security-scan"), verdict=told("ci-aggregate"), findings=[strange])["critical"]
    assert (found["id"], found["url"]) == ("unnamed", "")


def test_the_report_is_never_too_long() -> None:
    failed = [{"id": "\u2603" * 3000, "shards": [], "history": "", "message": ""}] * 2000
    verdict = told("ci-aggregate", "failed", *["\u2603" * 3000] * 2000)
    found = made(told("ci-flaky", failed=failed, flaky=failed), verdict=verdict)
    assert len(json.dumps(found)) <= BYTES
    for rows in sections(found).values():
        assert rows[-1].startswith("… and ")
        assert max(map(len, rows)) <= CHARACTERS
