from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from ci_actions.findings.model import Severity
from ci_actions.findings.suppressions import Suppression
from ci_actions.kit.lines import from_numbers
from ci_actions.security_scan import loosened
from ci_actions.security_scan.config import Bar, Config, Hours, ToolSettings

BANDIT = ToolSettings(name="bandit", paths=("src",), exclude=("x",), config="bandit.yml")
STRICT = Config(
    tools=("bandit", "gitleaks"),
    fail_on=(Bar("", Severity.MEDIUM), Bar("bandit", Severity.LOW)),
    paths=("src", "lib"),
    exclude=("gen",),
    image=("app:1",),
    requirements=("a.lock",),
    internal=("acme-core",),
    confidence="low",
    history="all",
    scan_tests=True,
    strict_suppressions=True,
    config_from="base",
    tool=(BANDIT,),
)


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"fail_on": (Bar("", Severity.HIGH), Bar("bandit", Severity.LOW))}, ["fail-on goes from medium to high"]),
        ({"fail_on": (Bar("", None), Bar("bandit", Severity.LOW))}, ["fail-on goes from medium to none"]),
        ({"fail_on": (Bar("", Severity.MEDIUM), Bar("bandit", Severity.HIGH))}, ["fail-on for bandit goes from low to high"]),
        ({"fail_on": (Bar("", Severity.MEDIUM),)}, ["fail-on for bandit goes from low to medium"]),
        (
            {"fail_on": (Bar("", Severity.MEDIUM), Bar("bandit", Severity.LOW), Bar("safety", None))},
            ["fail-on for safety goes from medium to none"],
        ),
        ({"fail_on_unknown_severity": False}, ["fail-on-unknown-severity goes from true to false"]),
        ({"only_fixed": True}, ["only-fixed goes from false to true"]),
        ({"scope": "new"}, ["scope goes from all to new"]),
        ({"confidence": "high"}, ["confidence goes from low to high"]),
        ({"strict_suppressions": False}, ["strict-suppressions goes from true to false"]),
        ({"on_incomplete": "warn"}, ["on-incomplete goes from fail to warn"]),
        ({"history": "change"}, ["history goes from all to change"]),
        ({"scan_tests": False}, ["scan-tests goes from true to false"]),
        ({"config_from": "head"}, ["config-from goes from base to head"]),
        ({"dry_run": True}, ["dry-run goes from false to true"]),
        ({"max_suppression_days": 365}, ["max-suppression-days goes from 180 to 365"]),
        ({"db_max_age": Hours(720)}, ["db-max-age goes from 72h to 720h"]),
        ({"tools": ("bandit",)}, ["tools loses 'gitleaks'"]),
        ({"tools": ("auto",)}, []),
        ({"exclude": ("gen", "src/pay")}, ["exclude gains 'src/pay'"]),
        ({"internal": ("acme-core", "django")}, ["internal gains 'django'"]),
        ({"paths": ("src",)}, ["paths loses 'lib'"]),
        ({"paths": ()}, []),
        ({"requirements": ()}, []),
        ({"image": ()}, ["image loses 'app:1'"]),
        ({"tool": (replace(BANDIT, exclude=("x", "y")),)}, ["bandit: exclude gains 'y'"]),
        ({"tool": (replace(BANDIT, config="b.yml"),)}, ["bandit: config goes from bandit.yml to b.yml"]),
        ({"tool": (BANDIT, ToolSettings(name="gitleaks", paths=("a",)))}, ["gitleaks: paths goes from everything to 'a'"]),
        ({"fail_on": (Bar("", Severity.LOW), Bar("bandit", Severity.LOW)), "db_max_age": 1}, []),
        ({}, []),
    ],
)  # fmt: skip
def test_settings(changed: dict[str, Any], expected: list[str]) -> None:
    assert list(loosened.settings(STRICT, replace(STRICT, **changed))) == expected


def test_from_automatic_choice_to_a_list() -> None:
    assert list(loosened.settings(Config(), Config(tools=("bandit",)))) == ["tools goes from auto to bandit"]


def test_paths_that_leave_something_out() -> None:
    assert list(loosened.settings(Config(), Config(paths=("src",)))) == [
        "paths goes from everything to 'src'"
    ]


def entry(expires: str = "2027-01-01", **more: Any) -> Suppression:
    values = {"rule": "B602", "path": "src/**", "owner": "me", "reason": "because it is"} | more
    return Suppression(expires=date.fromisoformat(expires), **values)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ([], [entry()], ["s.toml accepts B602 in src/** until 2027-01-01 (me: because it is)"]),
        ([entry()], [entry(reason="other words")], []),
        (
            [entry()],
            [entry("2027-06-01")],
            ["s.toml accepts B602 in src/** until 2027-06-01 instead of 2027-01-01 (me: because it is)"],
        ),
        ([entry()], [entry("2026-12-01")], []),
        ([entry()], [], []),
        ([entry()], [entry(path="**")], ["s.toml accepts B602 in ** until 2027-01-01 (me: because it is)"]),
        ([entry(), entry("2026-01-01")], [entry("2026-12-01")], []),
        ([], [entry(), entry()], ["s.toml accepts B602 in src/** until 2027-01-01 (me: because it is)"]),
    ],
    ids=["new", "reworded", "longer", "shorter", "gone", "wider", "one-of-two", "twice"],
)
def test_suppressions(before: list[Suppression], after: list[Suppression], expected: list[str]) -> None:
    assert list(loosened.suppressions("s.toml", before, after)) == expected


@pytest.mark.parametrize(
    ("line", "marker"),
    [
        ("x = 1  # nosec", "nosec"),
        ("x = 1  #NOSEC B602", "nosec"),
        ("x = 1  # nosecurity", ""),
        ("x = 'a'  # pragma: allowlist secret", "pragma: allowlist secret"),
        ("# pragma: whitelist nextline secret", "pragma: allowlist secret"),
        ("key: a # gitleaks:allow", "gitleaks:allow"),
        ("#trivy:ignore:AVD-1", "trivy:ignore"),
        ("- uses: x # zizmor: ignore[unpinned]", "zizmor: ignore"),
        ("x = 1", ""),
    ],
)
def test_markers(line: str, marker: str) -> None:
    found = list(loosened.markers("a.py", ["", line], from_numbers([1, 2, 9])))
    assert found == ([f"a.py:2: new '{marker}'"] if marker else [])
    assert list(loosened.markers("a.py", ["", line], from_numbers([1]))) == []


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (None, b"CVE-1\n# why\n\nCVE-2 # because\n", [".trivyignore gains 'CVE-1', 'CVE-2'"]),
        (b"CVE-1\n", b"# moved\nCVE-1\n", []),
        (b"CVE-1\n", b"CVE-1\nCVE-1\n", []),
        (b"CVE-1\n", None, []),
        (
            b"",
            b"\n".join(b"C%d" % n for n in range(7)),
            [".trivyignore gains 'C0', 'C1', 'C2', 'C3', 'C4' and 2 more"],
        ),
    ],
)
def test_ignore_files(before: bytes | None, after: bytes | None, expected: list[str]) -> None:
    assert list(loosened.ignore_file(".trivyignore", before, after)) == expected


def baseline(**files: list[str]) -> bytes:
    results = {name: [{"hashed_secret": each} for each in hashes] for name, hashes in files.items()}
    return json.dumps({"results": results, "generated_at": "now"}).encode()


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (None, baseline(a=["h1", "h2"], b=["h3"]), [".secrets.baseline accepts 3 more secrets, in 'a', 'b'"]),
        (baseline(a=["h1"]), baseline(a=["h1", "h2"]), [".secrets.baseline accepts 1 more secret, in 'a'"]),
        (baseline(a=["h1"]), baseline(a=["h2"]), [".secrets.baseline accepts 1 more secret, in 'a'"]),
        (baseline(a=["h1"]), baseline(), []),
        (b"broken", baseline(a=["h1"]), [".secrets.baseline accepts 1 more secret, in 'a'"]),
        (baseline(a=["h1"]), b"broken", []),
        (baseline(a=["h1"]), None, []),
        (b"[]", b'{"results": [3]}', []),
    ],
)
def test_the_baseline_of_secrets(before: bytes | None, after: bytes | None, expected: list[str]) -> None:
    found = list(loosened.secrets_baseline(".secrets.baseline", before, after))
    assert found == expected
    assert "h1" not in str(found)
