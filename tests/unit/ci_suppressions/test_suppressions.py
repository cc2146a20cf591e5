"""Which suppressions are over, and which soon will be; what the scan tells of those without use."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.doubles.upkeeping import Runner, work_tree

from ci_actions.ci_suppressions import CAPABILITY
from ci_actions.kit.errors import Exit
from ci_actions.kit.report import Report, Result

FILE = ".security-suppressions.toml"


def entry(expires: str, rule: str = "B602") -> str:
    return (
        f'[[suppression]]\nrule = "{rule}"\npath = "tools/**"\nowner = "platform"\n'
        f'reason = "Arguments are constants."\nexpires = {expires}\n'
    )


def ran(tmp_path: Path, text: str, *words: str, file: str = FILE, **files: str) -> Report:
    """Look at the file at noon of 2026-11-21."""
    return Runner(CAPABILITY, work_tree(tmp_path / "work", {file: text, **files})).run(*words)


@pytest.mark.parametrize(
    ("expires", "words", "code", "expired", "expiring"),
    [
        ("2026-11-20", (), Exit.NOT_MET, "1", "0"),
        ("2026-11-21", (), Exit.PASSED, "0", "1"),
        ("2026-12-21", (), Exit.PASSED, "0", "1"),
        ("2026-12-22", (), Exit.PASSED, "0", "0"),
        ("2026-11-22", ("--soon=0",), Exit.PASSED, "0", "0"),
        ("2026-11-21", ("--soon=0",), Exit.PASSED, "0", "1"),
        ("2027-02-01", ("--soon=90",), Exit.PASSED, "0", "1"),
    ],
    ids=["over", "its last day", "within 30 days", "later", "not soon", "today", "within 90 days"],
)
def test_ends(
    tmp_path: Path, expires: str, words: tuple[str, ...], code: Exit, expired: str, expiring: str
) -> None:
    report = ran(tmp_path, entry(expires), *words)
    assert (report.exit_code, report.outputs["expired"], report.outputs["expiring"]) == (
        code,
        expired,
        expiring,
    )
    assert report.outputs["unused"] == "unknown"


def test_each_is_annotated_at_its_line(tmp_path: Path) -> None:
    report = ran(tmp_path, entry("2026-12-01", "B101") + entry("2026-11-01"))
    found = [(each.level.value, each.file, each.line, each.message) for each in report.annotations]
    assert found == [
        ("error", FILE, 7, "B602 in tools/** was over on 2026-11-01 (platform)"),
        ("warning", FILE, 1, "B101 in tools/** ends on 2026-12-01, in 10 days (platform)"),
    ]


def test_there_is_no_file(tmp_path: Path) -> None:
    report = ran(tmp_path, "x", file="README.md")
    assert (report.result, report.exit_code) == (Result.SKIPPED, Exit.PASSED)


def test_a_file_that_cannot_be_meant(tmp_path: Path) -> None:
    assert ran(tmp_path, "[[suppression]]\nrule = 1\n").exit_code is Exit.BAD_INPUT


@pytest.mark.parametrize(
    ("settings", "code"),
    [
        ('suppressions = "other.toml"', Exit.NOT_MET),
        ("max-suppression-days = 3000", Exit.PASSED),
        ('scope = "all"', Exit.PASSED),
    ],
)
def test_the_settings_of_the_scan_count(tmp_path: Path, settings: str, code: Exit) -> None:
    files = {
        "pyproject.toml": f"[tool.ci-actions.security-scan]\n{settings}\n",
        "other.toml": entry("2026-01-01"),
    }
    expires = "2033-01-01" if "3000" in settings else "2027-01-01"
    assert ran(tmp_path, entry(expires), **files).exit_code is code
    named = ran(tmp_path / "b", entry(expires), f"--suppressions={FILE}", **files)
    assert named.exit_code is Exit.PASSED


def scan(**more: Any) -> str:
    unused = [{"what": "B602 in tools/**", "line": 1}]
    details = {"scans": [{"tool": "bandit", "gaps": []}], "suppressions": {"unused": unused}}
    return json.dumps({"capability": "security-scan", "exit-code": 1, "details": details} | more)


@pytest.mark.parametrize(
    ("text", "unused", "problem"),
    [
        (scan(), "1", ""),
        (scan(**{"exit-code": 3}), "unknown", "no verdict"),
        (scan(capability="quality"), "unknown", "no verdict"),
        (scan(details={}), "unknown", "cannot be read"),
        ("{", "unknown", "cannot be read"),
        (
            scan(details={"scans": [{"gaps": ["x"]}], "suppressions": {"unused": []}}),
            "unknown",
            "did not look at everything",
        ),
    ],
    ids=["it tells", "no verdict", "another report", "no details", "no JSON", "not everything"],
)
def test_what_is_without_use_as_far_as_the_scan_tells(
    tmp_path: Path, text: str, unused: str, problem: str
) -> None:
    report = ran(tmp_path, entry("2027-03-01"), "--scan=scan.json", **{"scan.json": text})
    assert (report.exit_code, report.outputs["unused"]) == (Exit.PASSED, unused)
    assert problem in str(report.details["unused-problem"])
