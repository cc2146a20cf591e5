from __future__ import annotations

from typing import Any

import pytest

from ci_actions.findings.model import Severity
from ci_actions.security_scan.advisories import record_severity

V3 = {"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}
V4 = {"type": "CVSS_V4", "score": "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N"}


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        pytest.param({}, (Severity.UNKNOWN, None), id="nothing"),
        pytest.param({"severity": [V3]}, (Severity.CRITICAL, 9.8), id="a vector"),
        pytest.param({"severity": [V4]}, (Severity.UNKNOWN, None), id="CVSS 4 alone stays unknown"),
        pytest.param(
            {"severity": [V4], "database_specific": {"severity": "HIGH"}},
            (Severity.HIGH, None),
            id="with a word",
        ),
        pytest.param(
            {"database_specific": {"severity": "MODERATE"}}, (Severity.MEDIUM, None), id="a word alone"
        ),
        pytest.param(
            {"affected": [{"severity": [V3]}, {"database_specific": {"severity": "LOW"}}]},
            (Severity.CRITICAL, 9.8),
            id="of several packages the worst",
        ),
        pytest.param(
            {"severity": None, "affected": None, "database_specific": 3}, (Severity.UNKNOWN, None), id="nulls"
        ),
        pytest.param(
            {"severity": [{"score": 9}, "x"], "affected": ["y"]}, (Severity.UNKNOWN, None), id="other types"
        ),
    ],
)
def test_record_severity(record: dict[str, Any], expected: tuple[Severity, float | None]) -> None:
    assert record_severity(record) == expected
