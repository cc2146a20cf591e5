from __future__ import annotations

import json
from typing import Any

import pytest

from ci_actions.findings.model import Severity
from ci_actions.security_scan.config import Reports, reports
from ci_actions.security_scan.model import Scan, State, Trouble
from ci_actions.security_scan.scanners.reports import Given, scans

NOW = 1_795_000_000.0
LOCK = '[[package]]\nname = "time"\nversion = "0.1.43"\n\n[[package]]\nname = "atty"\nversion = "0.2.14"\n'


def sarif(
    *results: dict[str, Any], invocations: list[dict[str, Any]] | None = None, **run: Any
) -> dict[str, Any]:
    driver = {"name": "Semgrep", "version": "1.2", "rules": [{"id": "r"}]}
    made: dict[str, Any] = {"tool": {"driver": driver}, "results": list(results), **run}
    if invocations is not None:
        made["invocations"] = invocations
    return {"version": "2.1.0", "runs": [made]}


def result(**more: Any) -> dict[str, Any]:
    place = {"physicalLocation": {"artifactLocation": {"uri": "a.py"}, "region": {"startLine": 3}}}
    return {"ruleId": "r", "level": "error", "message": {"text": "bad"}, "locations": [place], **more}


def vulnerability(**advisory: Any) -> dict[str, Any]:
    """One entry as cargo-audit 0.21 writes it."""
    return {
        "advisory": {
            "id": "RUSTSEC-2020-0071",
            "package": "time",
            "title": "Potential segfault in the time crate",
            "aliases": ["CVE-2020-26235", "GHSA-wcg3-cvx6-7396"],
            "cvss": "CVSS:3.1/AV:L/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H",
            **advisory,
        },
        "versions": {"patched": [">=0.2.23"], "unaffected": []},
        "package": {"name": "time", "version": "0.1.43"},
    }


def audit(*found: dict[str, Any], warnings: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    return {
        "database": {"advisory-count": 700, "last-updated": "2026-11-01T00:00:00+00:00"},
        "lockfile": {"dependency-count": 120},
        "settings": {"ignore": []},
        "vulnerabilities": {"found": bool(found), "count": len(found), "list": list(found)},
        "warnings": warnings or {},
        **more,
    }


def read(*documents: Any, format: str = "", taken: tuple[str, ...] = ()) -> tuple[Scan, ...]:
    given = [
        Given(
            path=f"{n}.json",
            content=each if isinstance(each, bytes | None) else json.dumps(each).encode(),
            format=format,
        )
        for n, each in enumerate(documents)
    ]
    return scans(given, root="/builds", locks={"Cargo.lock": LOCK}, now=NOW, taken=taken)


# --- SARIF -----------------------------------------------------------------------------------------


def test_results_are_findings_of_the_tool_that_wrote_them() -> None:
    (scan,) = read(sarif(result()))
    assert (scan.tool, scan.version, scan.state, scan.examined) == ("Semgrep", "1.2", State.FINDINGS, 1)
    (finding,) = scan.findings
    assert (finding.tool, finding.rule, finding.path, finding.line) == ("Semgrep", "r", "a.py", 3)
    assert finding.severity is Severity.HIGH


def test_no_results_are_clean() -> None:
    (scan,) = read(sarif(invocations=[{"executionSuccessful": True}]))
    assert scan.state is State.CLEAN
    assert not scan.gaps


@pytest.mark.parametrize(
    ("document", "gap"),
    [
        (sarif(invocations=[{"executionSuccessful": False}]), "says that it did not succeed"),
        (
            sarif(
                invocations=[
                    {
                        "executionSuccessful": True,
                        "toolExecutionNotifications": [
                            {"level": "error", "message": {"text": "a.py: syntax error"}}
                        ],
                    }
                ]
            ),
            "met an error: a.py: syntax error",
        ),
        (
            {**sarif(), "runs": [{**sarif()["runs"][0], "results": ["nonsense"]}]},
            "1 result of Semgrep cannot be read",
        ),
    ],
)
def test_a_program_that_did_not_see_everything(document: Any, gap: str) -> None:
    (scan,) = read(document)
    assert scan.state is State.INCOMPLETE
    assert scan.trouble is Trouble.EVIDENCE
    assert any(gap in each for each in scan.gaps)


def test_a_warning_of_the_program_is_no_gap() -> None:
    notices = [{"level": "warning", "message": {"text": "slow"}}]
    (scan,) = read(sarif(invocations=[{"executionSuccessful": True, "toolExecutionNotifications": notices}]))
    assert scan.state is State.CLEAN


def test_what_the_report_accepts_is_held_back() -> None:
    (scan,) = read(sarif(result(suppressions=[{"kind": "inSource"}])))
    assert (scan.state, scan.held_back, scan.findings) == (State.CLEAN, 1, ())


def test_reports_of_one_program_are_one_scan() -> None:
    (scan,) = read(sarif(result()), sarif(), sarif(result(message={"text": "other"})))
    assert len(scan.findings) == 2
    assert (scan.examined, scan.reason) == (3, "3 reports: 0.json, 1.json, 2.json")


def test_a_program_that_we_ran_too_is_told_apart() -> None:
    (scan,) = read(sarif(result()), taken=("Semgrep",))
    assert scan.tool == scan.findings[0].tool == "Semgrep (report)"


# --- cargo-audit -----------------------------------------------------------------------------------


def test_vulnerabilities_of_crates() -> None:
    (scan,) = read(audit(vulnerability()))
    (finding,) = scan.findings
    assert (scan.tool, finding.rule, finding.severity, finding.score) == (
        "cargo-audit",
        "RUSTSEC-2020-0071",
        Severity.MEDIUM,
        6.2,
    )
    assert (finding.path, finding.line) == ("Cargo.lock", 2)
    assert finding.aliases == ("CVE-2020-26235", "GHSA-wcg3-cvx6-7396")
    assert finding.package is not None
    assert (finding.package.name, finding.package.version, finding.package.fixed) == (
        "time",
        "0.1.43",
        (">=0.2.23",),
    )
    assert scan.database_age_hours is not None
    assert round(scan.database_age_hours) == round((NOW - 1_793_491_200) / 3600)


def test_an_advisory_without_a_vector_is_of_unknown_severity() -> None:
    assert read(audit(vulnerability(cvss=None)))[0].findings[0].severity is Severity.UNKNOWN


def test_warnings_are_findings_of_less_weight() -> None:
    package = {"name": "atty", "version": "0.2.14"}
    advisory = {"id": "RUSTSEC-2021-0145", "title": "unaligned read", "aliases": []}
    warnings = {
        "unsound": [{"kind": "unsound", "package": package, "advisory": advisory}],
        "yanked": [{"kind": "yanked", "package": package, "advisory": None}],
    }
    (scan,) = read(audit(warnings=warnings))
    assert [(each.rule, each.severity, each.line) for each in scan.findings] == [
        ("RUSTSEC-2021-0145", Severity.MEDIUM, 6),
        ("yanked", Severity.LOW, 6),
    ]


def test_no_dependency_looked_at_is_a_gap() -> None:
    (scan,) = read(audit(lockfile={"dependency-count": 0}))
    assert scan.state is State.INCOMPLETE


def test_ignored_advisories_are_told() -> None:
    (scan,) = read(audit(settings={"ignore": ["RUSTSEC-2020-0071"]}))
    assert "leaves out 1 advisory: RUSTSEC-2020-0071" in scan.notes[0]


# --- what is no report -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "format", "why"),
    [
        (None, "", "There is no such file"),
        (b"", "", "It is empty"),
        (b" \n", "sarif", "It is empty"),
        (b'{"runs": [', "", "It is no JSON, or only the beginning of it"),
        (b'{"version": "2.1.0", "runs": [', "sarif", "no JSON"),
        (b"{}", "", "neither SARIF nor the JSON of cargo-audit"),
        (b"[1]", "", "neither SARIF"),
        (b"{}", "sarif", "no SARIF 2.1.0 log"),
        (b'{"version": "2.1.0", "runs": []}', "", "It holds no run"),
        (b'{"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "x"}}}]}', "", "left no results in it"),
        (b"{}", "cargo-audit", "holds no vulnerabilities"),
        (json.dumps(audit(vulnerabilities={"found": True, "count": 2, "list": []})).encode(), "", "counts 2 vuln"),
        (json.dumps(audit(vulnerability(id=""))).encode(), "", "has no name"),
        (json.dumps(audit(warnings={"yanked": "x"})).encode(), "", "holds no list of warnings"),
    ],
)  # fmt: skip
def test_what_nobody_can_read_is_a_scanner_that_failed(content: bytes | None, format: str, why: str) -> None:
    (scan,) = read(content, format=format)
    assert (scan.state, scan.target, scan.trouble) == (State.FAILED, "0.json", Trouble.EVIDENCE)
    assert why in scan.reason


def test_one_that_is_broken_takes_nothing_from_the_others() -> None:
    assert [each.state for each in read(sarif(result()), b"")] == [State.FINDINGS, State.FAILED]


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("a.sarif", Reports("a.sarif")),
        ("sarif=out/*.json", Reports("out/*.json", "sarif")),
        ("cargo-audit = audit.json", Reports("audit.json", "cargo-audit")),
        ("odd=name.json", Reports("odd=name.json")),
        ("sarif=", Reports("sarif=")),
    ],
)
def test_what_the_input_means(text: str, meant: Reports) -> None:
    assert reports(text) == meant
