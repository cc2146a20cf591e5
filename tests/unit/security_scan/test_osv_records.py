from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.doubles.advisories import Advisories, serving
from tests.doubles.scanning import config

from ci_actions.findings.model import Finding, Kind, Package, Severity
from ci_actions.kit.clock import Clock
from ci_actions.security_scan.osv_records import FRESH, Records


class Later(Clock):
    """A clock that is ahead."""

    def now(self) -> float:
        return super().now() + FRESH + 60


@pytest.fixture
def advisories() -> Iterator[Advisories]:
    with serving() as service:
        yield service


def finding(rule: str = "PYSEC-2023-62", aliases: tuple[str, ...] = ("CVE-2023-30861", "GHSA-m2qf-hxjv-5gpq"), *,
            severity: Severity = Severity.UNKNOWN) -> Finding:  # fmt: skip
    return Finding(
        tool="pip-audit", rule=rule, kind=Kind.DEPENDENCY, severity=severity, message="", aliases=aliases,
        package=Package("flask", "0.5"),
    )  # fmt: skip


def rate(
    folder: Path, address: str, *findings: Finding, mode: str = "online", clock: Clock | None = None
) -> list[Severity]:
    records = Records(config(osv_url=address, db_mode=mode), folder, clock or Clock())
    return [each.severity for each in records.rated(findings)]


def test_the_severity_of_its_other_name(tmp_path: Path, advisories: Advisories) -> None:
    assert rate(tmp_path, advisories.address, finding()) == [Severity.HIGH]


def test_what_is_known_stays(tmp_path: Path, advisories: Advisories) -> None:
    assert rate(tmp_path, advisories.address, finding(severity=Severity.LOW)) == [Severity.LOW]
    assert not advisories.asked


def test_it_is_asked_once_and_then_remembered_for_a_week(tmp_path: Path, advisories: Advisories) -> None:
    rate(tmp_path, advisories.address, finding(), finding())
    assert len(advisories.asked) == 1
    rate(tmp_path, advisories.address, finding())
    assert len(advisories.asked) == 1
    rate(tmp_path, advisories.address, finding(), clock=Later())
    assert len(advisories.asked) == 2


@pytest.mark.parametrize("mode", ["truncated", "refuses", "nonsense"])
def test_a_broken_service_leaves_it_unknown_and_nothing_behind(
    tmp_path: Path, advisories: Advisories, mode: str
) -> None:
    advisories.mode = mode
    assert rate(tmp_path, advisories.address, finding()) == [Severity.UNKNOWN]
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_offline_nobody_is_asked_and_what_is_kept_counts(tmp_path: Path, advisories: Advisories) -> None:
    assert rate(tmp_path, advisories.address, finding(), mode="offline") == [Severity.UNKNOWN]
    assert not advisories.asked
    rate(tmp_path, advisories.address, finding())
    assert rate(tmp_path, advisories.address, finding(), mode="offline", clock=Later()) == [Severity.HIGH]


def test_names_that_lead_elsewhere_are_not_asked_for(tmp_path: Path, advisories: Advisories) -> None:
    assert rate(tmp_path, advisories.address, finding("../../x", ("a/b", "?"))) == [Severity.UNKNOWN]
    assert not advisories.asked


def test_a_service_that_is_away_is_asked_once(tmp_path: Path) -> None:
    records = Records(config(osv_url="http://127.0.0.1:9"), tmp_path, Clock())
    records.rated([finding()])
    assert records._away
