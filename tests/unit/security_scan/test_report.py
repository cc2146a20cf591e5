from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from tests.doubles.sarif_schema import check_schema, check_upload
from tests.golden.scans import (
    NO_LOCK,
    SITUATIONS,
    Situation,
    advisory,
    audit,
    bandit,
    facts,
    gitleaks,
    secret,
    suppressed,
    trivy,
    weakness,
)

from ci_actions.findings.model import Severity
from ci_actions.kit.report import Level, Report
from ci_actions.security_scan.config import OUTPUTS, Config
from ci_actions.security_scan.model import State
from ci_actions.security_scan.page import FINDINGS
from ci_actions.security_scan.report import COMMENT_ROWS, comment_payload

MANY = Situation(facts(bandit(*(weakness(line=n + 1, path=f"src/{n}.py") for n in range(2500)))))


def products(report: Report) -> dict[str, str]:
    return {each.output or each.path: each.render() for each in report.products}


def of(*scans: Any, config: Config | None = None, **more: Any) -> Report:
    return Situation(facts(*scans, **more), config or Config()).report()


@pytest.mark.parametrize("name", SITUATIONS)
def test_outputs_are_those_that_are_declared(name: str) -> None:
    report = SITUATIONS[name]().report()
    written = {*report.outputs, *(each.output for each in report.products if each.output)}
    assert written <= set(OUTPUTS)
    assert {*OUTPUTS} - written <= {"html", "sarif-file"}
    assert all(isinstance(value, str) for value in report.outputs.values())


@pytest.mark.parametrize("name", SITUATIONS)
def test_every_sarif_fits_the_schema_and_code_scanning(name: str) -> None:
    situation = SITUATIONS[name]()
    situation = replace(situation, config=replace(situation.config, sarif_dir="out", html=True))
    made = products(situation.report())
    if "sarif-file" in made:
        check_upload(made["sarif-file"])
        check_schema(made["sarif-file"])
    files = {path: text for path, text in made.items() if path.startswith("out/")}
    ran = [scan for scan in situation.facts.scans if scan.ran]
    assert len(files) == len(ran)
    for text in files.values():
        (run,) = check_schema(text)["runs"]
        assert run["tool"]["driver"]["name"] in {scan.tool for scan in ran}


def test_no_run_is_uploaded_for_a_scan_that_says_nothing() -> None:
    report = of(
        bandit(),
        audit(state=State.FAILED, examined=0),
        gitleaks(examined=0),
        trivy(state=State.INCOMPLETE, gaps=("x",)),
        NO_LOCK,
    )
    names = [run["tool"]["driver"]["name"] for run in json.loads(products(report)["sarif-file"])["runs"]]
    assert names == ["bandit"]
    assert "sarif-file" not in products(of(audit(state=State.FAILED, examined=0)))
    stale = json.loads(products(of(trivy(database_age_hours=900.0), bandit()))["sarif-file"])
    assert [run["tool"]["driver"]["name"] for run in stale["runs"]] == ["bandit"]


def test_a_secret_of_an_old_commit_is_in_every_place_but_at_no_line_of_today() -> None:
    report = of(gitleaks(secret("gitleaks", "x", commit="1a2b3c")))
    assert "src/orders/settings.py:3 in commit 1a2b3c" in report.summary[0]
    (said,) = (each for each in report.annotations if each.title.startswith("gitleaks"))
    assert said.message.startswith("src/orders/settings.py:3 in commit 1a2b3c: ")
    assert (said.file, said.line, said.end_line) == ("", 0, 0)
    assert not any(each.file for each in report.annotations)
    assert json.loads(report.outputs["tool-status-json"])["gitleaks"]["gating"] == 1
    (run,) = json.loads(products(report)["sarif-file"])["runs"]
    assert [each["ruleId"] for each in run["results"]] == ["x"]


def test_no_finding_is_lost_whatever_target_it_names() -> None:
    report = of(trivy(weakness(tool="trivy-fs", target="elsewhere")), trivy(target="app:1"))
    runs = json.loads(products(report)["sarif-file"])["runs"]
    assert [len(run["results"]) for run in runs] == [1, 0]
    assert json.loads(report.outputs["tool-status-json"])["trivy-fs"]["gating"] == 1


def test_an_incomplete_run_says_so() -> None:
    report = of(bandit(weakness(), state=State.INCOMPLETE, gaps=("1 file",), notes=("configured by x",)))
    (run,) = json.loads(products(report)["sarif-file"])["runs"]
    assert run["invocations"] == [
        {
            "executionSuccessful": False,
            "toolExecutionNotifications": [
                {
                    "level": "error",
                    "message": {
                        "text": "bandit did not look at everything: 1 file. The result is incomplete, not clean."
                    },
                },
                {"level": "note", "message": {"text": "configured by x"}},
            ],
        }
    ]


def test_suppressed_findings_are_in_the_json_and_in_the_folder_only() -> None:
    made = products(
        of(
            bandit(weakness()),
            suppressions=suppressed("B602", "src/**", "2027-02-28"),
            config=Config(sarif_dir="out/"),
        )
    )
    assert json.loads(made["sarif-file"])["runs"][0]["results"] == []
    (result,) = json.loads(made["out/bandit.sarif"])["runs"][0]["results"]
    assert result["suppressions"] == [
        {"kind": "external", "justification": "Only constants reach this call. (payments, until 2027-02-28)"}
    ]
    (finding,) = json.loads(made["json-file"])["findings"]
    assert (finding["gates"], finding["held-back"]) == (False, "suppressed until 2027-02-28 by payments")


def test_files_of_two_images_are_two() -> None:
    scans = [trivy(tool="trivy-image", target=f"app:{n}") for n in "12"] + [
        trivy(tool="trivy-image", target="app/1")
    ]
    report = of(*scans, config=Config(sarif_dir="out"))
    paths = [each.path for each in report.products if not each.output]
    assert paths == [
        "out/trivy-image-app-1.sarif",
        "out/trivy-image-app-2.sarif",
        "out/trivy-image-app-1-2.sarif",
    ]


def test_annotations_are_as_many_as_asked_for_and_at_their_lines() -> None:
    for number in (0, 3, 50):
        report = Situation(MANY.facts, Config(annotations=number)).report()
        at_lines = [each for each in report.annotations if each.file]
        assert len(at_lines) == number
    (first,) = [
        each
        for each in of(
            bandit(weakness(severity=Severity.MEDIUM)), config=SITUATIONS["red-scan-loosened"]().config
        ).annotations
        if each.file
    ]
    assert (first.level, first.file, first.line, first.end_line) == (
        Level.WARNING,
        "src/orders/shell.py",
        14,
        14,
    )
    assert first.message == "B602: subprocess call with shell=True identified, security issue."


def test_a_file_in_an_image_is_no_file_of_the_repository() -> None:
    image = trivy(
        advisory("trivy-image", "CVE-1", "x", "1", target="app:1"), tool="trivy-image", target="app:1"
    )
    report = of(image)
    assert not any(each.file for each in report.annotations)
    assert "requirements.lock in app:1" in report.summary[0]


@pytest.mark.parametrize(
    ("findings", "expected"),
    [
        (
            [secret("gitleaks", "x"), weakness()],
            "revoke the secret in src/orders/settings.py:3, then take it out",
        ),
        ([advisory("pip-audit", "CVE-1", "x", "1", "2", severity=Severity.HIGH)], "upgrade x to 2"),
        (
            [advisory("pip-audit", f"CVE-{n}", f"p{n}", "1", "2") for n in range(5)],
            "upgrade p0 to 2, p1 to 2, p2 to 2, and 2 more",
        ),
        ([advisory("pip-audit", "CVE-1", "x", "1")], "mend CVE-1 in requirements.lock, or accept it"),
        ([weakness()], "mend B602 in src/orders/shell.py:14, or accept it"),
    ],
)
def test_the_next_step(findings: list[Any], expected: str) -> None:
    assert of(bandit(*findings)).next_step.startswith(expected)


def test_the_summary_of_thousands_is_short() -> None:
    report = MANY.report()
    assert "… and 2,300 more." in report.summary[0]
    assert sum(map(len, report.summary)) < 120_000
    assert "and 2,450 more findings to mend" in report.log


def test_the_payload_for_a_comment_is_bounded_and_holds_no_message() -> None:
    outcome = MANY.outcome()
    payload = json.loads(comment_payload(outcome, MANY.report().result, "x"))
    assert len(payload["gating"]) == COMMENT_ROWS
    assert payload["totals"] == {"findings": 2500, "gating": 2500, "suppressed": 0, "duplicates": 0}
    assert "subprocess call" not in json.dumps(payload)
    hostile = SITUATIONS["red-scan-hostile"]()
    text = comment_payload(hostile.outcome(), hostile.report().result, "x")
    assert "\\n" not in text
    assert len(text) < 1_000_000


def test_held_back_counts_what_a_scanner_s_own_baseline_holds() -> None:
    report = of(
        gitleaks(held_back=4), bandit(weakness()), suppressions=suppressed("B602", "src/**", "2027-02-28")
    )
    assert report.outputs["findings-suppressed"] == "5"


# --- the page ----------------------------------------------------------------------------------------------


def page(situation: Situation) -> str:
    config = replace(situation.config, html=True)
    return products(replace(situation, config=config).report())["html"]


@pytest.mark.parametrize("name", SITUATIONS)
def test_the_page_of_every_situation(name: str) -> None:
    text = page(SITUATIONS[name]())
    assert "<script" not in text
    assert 'http-equiv="Content-Security-Policy"' in text
    assert "::error::x\n" not in text
    assert "<b>" not in text
    assert "<i>" not in text


def test_the_page_filters_without_scripts() -> None:
    text = page(SITUATIONS["red-scan"]())
    for id_ in ("severity-1", "severity-2", "scanner-1", "scanner-2", "scanner-3"):
        assert f'id="{id_}"' in text
        assert f":has(#{id_}:checked)" in text
    assert text.count('class="finding ') == 3
    assert 'name="show"' not in text
    assert 'name="show"' in page(SITUATIONS["red-scan-new"]())
    assert 'type="radio"' not in page(SITUATIONS["green-scan"]())


def test_the_page_of_thousands_says_how_many_are_left_out() -> None:
    text = page(MANY)
    assert text.count('class="finding ') == FINDINGS
    assert "… and 500 more findings; the JSON file holds them all." in text
    assert len(text) < 2_000_000


def test_the_page_shows_all_that_keeps_from_a_verdict() -> None:
    text = page(SITUATIONS["no-scan-verdict-failed"]())
    assert "pip-audit failed: It ended with exit code 1" in text
    assert "1 finding to mend: 1 high" not in text.partition("<main>")[0]
