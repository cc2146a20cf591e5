"""All scanners, in the order of the report. A new one is a module of its own and a line here."""

from __future__ import annotations

from ci_actions.security_scan.scanners import (
    Scanner,
    bandit,
    detect_secrets,
    gitleaks,
    osv_scanner,
    pip_audit,
    safety,
    trivy,
    zizmor,
)

SCANNERS: tuple[Scanner, ...] = (
    bandit.SCANNER,
    pip_audit.SCANNER,
    osv_scanner.SCANNER,
    trivy.FS,
    trivy.IMAGE,
    detect_secrets.SCANNER,
    gitleaks.SCANNER,
    zizmor.SCANNER,
    safety.SCANNER,
)
