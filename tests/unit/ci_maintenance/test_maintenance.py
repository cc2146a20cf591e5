"""Reports of parts, as they are written, make one issue, as its schema has it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from tests.doubles.upkeeping import Runner

from ci_actions.ci_maintenance import CAPABILITY
from ci_actions.ci_maintenance.config import Config
from ci_actions.ci_maintenance.decide import LENGTH, ROWS, decide
from ci_actions.ci_maintenance.model import Facts, Outcome
from ci_actions.ci_maintenance.report import issue
from ci_actions.kit.report import Result

SCHEMA = json.loads((Path(__file__).parents[3] / "schemas" / "issue-report.schema.json").read_text())


def part(name: str, result: str = "passed", rows: list[str] | None = None, **more: Any) -> dict[str, Any]:
    details: dict[str, Any] = {} if rows is None else {"section": {"title": name.title(), "rows": rows}}
    return {
        "schema": "ci-actions-report/1", "capability": name, "result": result, "headline": f"{name}: {result}",
        "exit-code": 0 if result == "passed" else 1, "annotations": [], "details": details, **more,
    }  # fmt: skip


def vulnerability(id: str = "CVE-2026-1", severity: str = "critical", **more: Any) -> dict[str, Any]:
    package = {"name": "requests", "version": "2.0", "fixed": ["2.1"]}
    return {"canonical": id, "severity": severity, "message": "bad", "path": "uv.lock", "package": package,
            "url": f"https://osv.dev/{id}", **more}  # fmt: skip


def scanned(*gating: dict[str, Any], code: int = 1) -> dict[str, Any]:
    made = part("security-scan", "failed", details={"gating": list(gating)})
    return made | {"exit-code": code}


def made(*parts: dict[str, Any], expect: tuple[str, ...] = (), verdict: str = "passed") -> Outcome:
    facts = Facts(parts={each["capability"]: each for each in parts})
    outcome = decide(Config(expect=expect, verdict=verdict), facts)
    jsonschema.validate(json.loads(issue(outcome)), SCHEMA)
    return outcome


def rows(outcome: Outcome) -> dict[str, tuple[str, ...]]:
    """Return the rows of each part."""
    return {each.title: each.rows for each in outcome.sections[1:]}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ()),
        ("[]", ()),
        ('["quality", "security"]', ("quality", "security")),
        ("{", ("Nobody can tell: {",)),
        ("3", ()),
    ],
)
def test_jobs_without_a_report_of_their_own_are_named(text: str, expected: tuple[str, ...]) -> None:
    found = decide(Config(failed_jobs=text), Facts(parts={}))
    assert (found.sections[0].title, found.sections[0].rows) == ("Jobs that are not green", expected)


def test_a_part_that_found_nothing_says_nothing() -> None:
    assert rows(made(part("ci-pins", rows=[]))) == {"Ci-Pins": ()}


def test_a_part_says_its_headline_and_its_rows() -> None:
    assert rows(made(part("ci-pins", rows=["a", "b"]))) == {"Ci-Pins": ("ci-pins: passed", "a", "b")}
    assert rows(made(part("ci-pins", "error", rows=[]))) == {"Ci-Pins": ("ci-pins: error",)}


def test_of_a_gate_the_annotations_are_told() -> None:
    annotations = [{"file": "a.py", "line": 3, "message": "unused"}, {"file": "", "line": 0, "message": "x"}]
    found = made(part("quality", "failed", annotations=annotations))
    assert rows(found) == {"Quality": ("quality: failed", "a.py:3: unused", "x")}


def test_vulnerabilities_are_told_and_critical_ones_are_named() -> None:
    found = made(
        scanned(vulnerability(), vulnerability(), vulnerability("CVE-2026-2", "high")), verdict="failed"
    )
    told = rows(found)["Vulnerabilities and other findings"]
    assert told[1] == "critical: CVE-2026-1 requests 2.0: bad (uv.lock, fixed in 2.1)"
    assert len(told) == 4
    assert found.critical is not None
    assert [(each.id, each.title, each.url) for each in found.critical] == [
        ("CVE-2026-1", "requests 2.0: bad", "https://osv.dev/CVE-2026-1")
    ]


@pytest.mark.parametrize(
    ("parts", "expect", "critical"),
    [
        ((scanned(),), (), ()),
        ((scanned(code=3),), (), None),
        ((), ("security-scan",), None),
        ((), (), ()),
        ((scanned(vulnerability(package=None)),), (), ()),
        ((scanned(vulnerability(id="<script>")),), (), ()),
    ],
    ids=["none", "no verdict", "no report", "no scan was asked for", "no package", "no id that can be one"],
)
def test_what_is_known_of_critical_ones(
    parts: tuple[dict[str, Any], ...], expect: tuple[str, ...], critical: tuple[()] | None
) -> None:
    assert made(*parts, expect=expect).critical == critical


@pytest.mark.parametrize("url", ["javascript:x", "http://x", "https://x y", "https://x/)<b>", None])
def test_an_address_that_could_be_markup_is_left_out(url: str | None) -> None:
    critical = made(scanned(vulnerability(url=url))).critical
    assert critical is not None
    assert [each.url for each in critical] == [""]


@pytest.mark.parametrize(
    ("verdict", "expect", "result"),
    [
        ("passed", ("ci-pins",), "passed"),
        ("failed", ("ci-pins",), "failed"),
        ("error", ("ci-pins",), "incomplete"),
        ("", ("ci-pins",), "incomplete"),
        ("passed", ("ci-pins", "quality"), "incomplete"),
        ("failed", ("ci-pins", "quality"), "failed"),
    ],
)
def test_how_it_all_ended(verdict: str, expect: tuple[str, ...], result: str) -> None:
    found = made(part("ci-pins", rows=[]), expect=expect, verdict=verdict)
    assert found.result == result
    assert ("quality" in expect) == ("Quality" in rows(found))


def test_long_texts_and_many_rows_are_cut_and_counted() -> None:
    found = made(part("ci-pins", "failed", rows=["x" * 9999, *map(str, range(500))]))
    (told,) = rows(found).values()
    assert len(told) == ROWS
    assert len(told[1]) == LENGTH
    assert told[-1] == "and 403 more"


def test_reports_are_found_however_they_were_downloaded(tmp_path: Path) -> None:
    folder = tmp_path / "work" / "reports"
    for name, document in {
        "ci-maintenance-part-pins/report.json": part("ci-pins", rows=["a"]),
        "report.json": part("quality"),
        "other/report.json": {"schema": "other"},
    }.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(json.dumps(document))
    (folder / "broken.json").write_text("{")
    words = ("--reports=reports", "--expect=quality,ci-pins,ci-outdated", "--verdict=passed", "--name=shop")
    report = Runner(CAPABILITY, tmp_path / "work").run(*words)
    assert report.result is Result.PASSED
    (product,) = report.products
    document = json.loads(product.render())
    jsonschema.validate(document, SCHEMA)
    assert product.name.endswith("/report.json")
    assert (document["title"], document["result"]) == ("Maintenance of shop", "incomplete")
    assert [each["title"] for each in document["sections"]] == [
        "Jobs that are not green", "Quality", "Ci-Pins", "ci-outdated", "Reports that cannot be read",
    ]  # fmt: skip
    assert document["sections"][-1]["rows"] == ["broken.json", "other/report.json"]
