"""The JSON that others read, against `schemas/`: what is written fits, and the schemas allow nothing else."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, ValidationError
from tests.golden import scans
from tests.golden.situations import FAILURES, SITUATIONS
from tests.unit.quality import outcomes as quality

from ci_actions.commands.check.command import as_json
from ci_actions.commands.check.finished import Finished, Round, without_report
from ci_actions.coverage_gate.report import COMMENT_SCHEMA, comment_payload
from ci_actions.kit import emit
from ci_actions.kit.report import SCHEMA, Report, Result
from ci_actions.quality import report as quality_reports
from ci_actions.quality.config import Config as QualityConfig
from ci_actions.quality.decide import decide as quality_decide
from ci_actions.quality.model import Drift, State, Suppression
from ci_actions.quality.report import report as quality_report
from ci_actions.security_scan import report as security

ROOT = Path(__file__).resolve().parents[2]
NAMES = (
    "report",
    "coverage-gate",
    "coverage-comment",
    "quality",
    "quality-comment",
    "security-scan",
    "security-comment",
    "security-findings",
    "issue-report",
)


@cache
def schema(name: str) -> Any:
    return json.loads((ROOT / "schemas" / f"{name}.schema.json").read_text(encoding="utf-8"))


def validator(name: str) -> Any:
    return Draft202012Validator(schema(name))


def written(report: Report) -> Any:
    return json.loads(emit.as_json(report, {"result": report.result.value, **report.outputs}))


def payload(name: str) -> Any:
    situation = SITUATIONS[name]()
    return json.loads(comment_payload(situation.outcome(), situation.report().result, "default"))


def security_payload(name: str) -> Any:
    situation = scans.SITUATIONS[name]()
    return json.loads(security.comment_payload(situation.outcome(), situation.report().result, "default"))


def objects(node: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield every schema of an object below a schema."""
    if isinstance(node, dict):
        if node.get("type") == "object":
            yield path, node
        for key, value in node.items():
            yield from objects(value, f"{path}/{key}")
    elif isinstance(node, list):
        for position, value in enumerate(node):
            yield from objects(value, f"{path}/{position}")


@pytest.mark.parametrize("name", NAMES)
def test_a_schema_is_one_and_says_where_it_is(name: str) -> None:
    Draft202012Validator.check_schema(schema(name))
    assert schema(name)["$id"].endswith(f"/schemas/{name}.schema.json")
    assert sorted(path.name for path in (ROOT / "schemas").iterdir()) == sorted(
        f"{each}.schema.json" for each in NAMES
    )


@pytest.mark.parametrize("name", NAMES)
def test_a_schema_is_strict(name: str) -> None:
    found = list(objects(schema(name)))
    assert found
    for path, each in found:
        if "properties" in each:
            assert each["additionalProperties"] is False, (
                f"schemas/{name}.schema.json: {path} allows anything"
            )
            assert sorted(each["required"]) == sorted(each["properties"]), (
                f"schemas/{name}.schema.json: {path} may lack a part"
            )
        else:
            assert (
                path == "/properties/details"
                or each.get("maxProperties") == 0
                or "additionalProperties" in each
            )


def test_the_versions_agree() -> None:
    assert schema("report")["properties"]["schema"]["const"] == SCHEMA
    assert schema("coverage-comment")["properties"]["schema"]["const"] == COMMENT_SCHEMA
    assert schema("quality-comment")["properties"]["schema"]["const"] == quality_reports.COMMENT_SCHEMA
    for name, version in (("comment", security.COMMENT_SCHEMA), ("findings", security.FINDINGS_SCHEMA)):
        assert schema(f"security-{name}")["properties"]["schema"]["const"] == version
    assert schema("report")["properties"]["result"]["enum"] == [each.value for each in Result]


def test_the_payloads_of_a_comment_begin_alike() -> None:
    first, *others = (schema(f"{name}-comment") for name in ("coverage", "security", "quality"))
    head = ["schema", "capability", "id", "result", "head", "base"]
    for each in (first, *others):
        assert each["required"][:6] == list(each["properties"])[:6] == head
        assert "totals" in each["required"]
        kind = each["$id"].rpartition("/")[2].removesuffix("-comment.schema.json")
        assert each["properties"]["schema"]["const"] == f"ci-actions-{kind}-comment/1"
        for name in head[2:]:
            assert each["properties"][name] == first["properties"][name]


@pytest.mark.parametrize("name", SITUATIONS)
def test_reports_of_every_situation(name: str) -> None:
    document = written(SITUATIONS[name]().report())
    validator("report").validate(document)
    validator("coverage-gate").validate(document["details"])
    assert "problems" in document["details"]
    assert "metric" in document["details"]


@pytest.mark.parametrize("name", FAILURES)
def test_reports_of_failures(name: str) -> None:
    document = written(FAILURES[name])
    validator("report").validate(document)
    validator("coverage-gate").validate(document["details"])


@pytest.mark.parametrize("name", SITUATIONS)
def test_payloads_of_every_situation(name: str) -> None:
    validator("coverage-comment").validate(payload(name))


def test_a_payload_holds_numbers_and_paths_but_no_sentences() -> None:
    text = json.dumps(payload("hostile-names"))
    assert "goes from" not in text
    assert "is not in the coverage report" not in text
    assert "loosened" not in text


@pytest.mark.parametrize("name", scans.SITUATIONS)
def test_what_security_scan_writes_in_every_situation(name: str) -> None:
    situation = scans.SITUATIONS[name]()
    document = written(situation.report())
    validator("report").validate(document)
    validator("security-scan").validate(document["details"])
    assert "causes" in document["details"]
    validator("security-comment").validate(security_payload(name))
    validator("security-findings").validate(json.loads(security.findings_json(situation.outcome())))


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("scope", ["all", "new"])
def test_what_quality_writes_in_every_state(state: State, scope: str) -> None:
    runs = (
        quality.run(tool="source"),
        quality.run(quality.finding(), quality.finding("", 0), state=state, problems=("It stopped.",)),
    )
    silenced = (Suppression(path="a.py", line=3, kind="noqa"),)
    drifted = (Drift(tool="ruff", here="1", hook="v2", file=".pre-commit-config.yaml"),)
    facts = quality.facts(*runs, base_runs=runs[:1], base="b" * 40, suppressions=silenced, drift=drifted)
    config = QualityConfig(scope=scope)
    outcome = quality_decide(config, facts)
    made = quality_report(config, outcome)
    document = written(made)
    validator("report").validate(document)
    validator("quality").validate(document["details"])
    validator("quality-comment").validate(
        json.loads(quality_reports.comment_payload(outcome, made.result, "default"))
    )
    assert document["details"]["tools"][1]["state"] == state.value
    with pytest.raises(ValidationError):
        validator("quality").validate(document["details"] | {"scope": "some"})


def test_the_report_of_check() -> None:
    gates = (
        Finished("coverage-gate", written(SITUATIONS["green"]().report()), "", 0.1),
        Finished("smoke-test", without_report("smoke-test", "it was killed"), "", 0.1),
    )
    document = json.loads(json.dumps(as_json(Round(finished=gates), "check.html")))
    validator("report").validate(document)
    for report in document["details"]["gates"].values():
        validator("report").validate(report)


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("report", {"more": 1}),
        ("report", {"schema": "ci-actions-report/2"}),
        ("report", {"result": "pass"}),
        ("report", {"exit-code": 6}),
        ("report", {"outputs": {"x": 1}}),
        ("report", {"annotations": [{"level": "error"}]}),
        ("coverage-gate", {"metric": "auto"}),
        ("coverage-gate", {"files": {"a.py": [1]}}),
        ("coverage-gate", {"head": "main"}),
        ("coverage-comment", {"result": "<b>passed</b>"}),
        ("coverage-comment", {"unmeasured": ["x"] * 301}),
        ("coverage-comment", {"words": "hello"}),
        ("security-comment", {"result": "<b>passed</b>"}),
        ("security-comment", {"words": "hello"}),
        ("security-comment", {"gating": [{"rule": "x"}]}),
        ("security-scan", {"causes": [{"code": 0, "text": "", "advice": ""}]}),
        ("security-scan", {"scans": [{"state": "green"}]}),
    ],
)
def test_what_does_not_fit_is_refused(name: str, change: dict[str, Any]) -> None:
    if name == "coverage-comment":
        document = payload("green")
    elif name == "security-comment":
        document = security_payload("red-scan")
    else:
        situations = scans.SITUATIONS["red-scan"] if name == "security-scan" else SITUATIONS["green"]
        document = written(situations().report())
    whole = document["details"] if name in ("coverage-gate", "security-scan") else document
    validator(name).validate(whole)
    with pytest.raises(ValidationError):
        validator(name).validate(whole | change)
