"""Pure: how findings and scans are called, in tables, on the page and in messages."""

from __future__ import annotations

from ci_actions.findings.model import Finding
from ci_actions.security_scan.model import Scan


def place(finding: Finding) -> str:
    """Return where a finding is: `src/a.py:12`, a manifest, an image."""
    if not finding.path:
        return finding.target if finding.target not in ("", ".") else "the repository"
    where = f"{finding.path}:{finding.line}" if finding.line else finding.path
    if finding.commit:
        return f"{where} in commit {finding.commit}"
    return where if finding.is_here else f"{where} in {finding.target}"


def examined(scan: Scan) -> str:
    """Return how much a scanner looked at: `41 files`; nothing where it did not run."""
    unit = scan.unit.removesuffix("s") if scan.examined == 1 else scan.unit
    return f"{scan.examined:,} {unit}" if scan.ran else ""


def what(finding: Finding) -> str:
    """Return what a finding is about in a few words: the package with its version, else the rule."""
    package = finding.package
    if package:
        return f"{package.name} {package.version}".strip()
    return finding.title or finding.rule
