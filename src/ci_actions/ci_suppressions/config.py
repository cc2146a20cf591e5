"""The inputs of ci-suppressions, declared once."""

from __future__ import annotations

from dataclasses import dataclass

from ci_actions.findings.suppressions import FILE
from ci_actions.kit.inputs import PATH, Common, declare, whole

#: What the action gives back, beside what every action does.
OUTPUTS = {
    "expired": "How many suppressions are over.",
    "expiring": "How many end within the days of `soon`.",
    "unused": "How many hold nothing back; `unknown` where no scan tells.",
}


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Config(Common):
    """Which file is looked at, and how early an end is mentioned."""

    suppressions: str = declare(
        PATH,
        default="",
        help=f"File of suppressions; that of security-scan's settings without it, which is `{FILE}` if they say nothing.",
    )
    soon: int = declare(
        whole(0, 3650), default=30, help="Days before its end from which on a suppression is mentioned."
    )
    scan: str = declare(
        PATH,
        default="",
        in_settings=False,
        help="JSON report of the scan (the output `report` of security-scan), which tells what holds nothing back.",
    )
    report_dir: str = declare(
        PATH, default="", help="Folder for all files; a folder of the run's own without it."
    )
