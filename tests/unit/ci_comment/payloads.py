"""Payloads as gates write them, free to be changed for the worse."""

from __future__ import annotations

from typing import Any

HEAD, BASE = "1a2b3c4d" * 5, "9f8e7d6c" * 5


def begin(kind: str, capability: str, result: str) -> dict[str, Any]:
    """Return what every payload begins with."""
    return {
        "schema": f"ci-actions-{kind}-comment/1",
        "capability": capability,
        "id": "default",
        "result": result,
        "head": HEAD,
        "base": BASE,
    }


def gate(name: str = "new-code", verdict: str = "not met", covered: float = 5, **more: Any) -> dict[str, Any]:
    """Return a gate of coverage-gate over ten units."""
    made = {
        "name": name,
        "scope": "new-code" if name == "new-code" else "overall",
        "verdict": verdict,
        "minimum": "85",
        "value": {"covered": covered, "total": 10, "percent": f"{covered * 10:.2f}"},
        "delta": "",
    }
    return made | more


def coverage(**more: Any) -> dict[str, Any]:
    """Return a red payload of coverage-gate."""
    made = begin("coverage", "coverage-gate", "failed") | {
        "metric": "combined",
        "totals": {"changed": 2, "unmeasured": 1},
        "gates": [gate("overall", "met", 9), gate()],
        "changed": [
            {"path": "src/a.py", "lines": 4, "missed": []},
            {"path": "src/b.py", "lines": 6, "missed": [[3, 5], [9, 9]]},
        ],
        "unmeasured": ["src/lost.py"],
    }
    return made | more


def gating(**more: Any) -> dict[str, Any]:
    """Return a finding of security-scan."""
    made = {
        "tool": "pip-audit",
        "rule": "GHSA-1234-5678-9abc",
        "severity": "high",
        "path": "requirements.txt",
        "line": 3,
        "package": "jinja2",
        "version": "2.4",
        "fixed": ["2.4.1"],
    }
    return made | more


def security(**more: Any) -> dict[str, Any]:
    """Return a red payload of security-scan."""
    made = begin("security", "security-scan", "failed") | {
        "totals": {"findings": 3, "gating": 1, "suppressed": 2, "duplicates": 1},
        "scans": [
            {"tool": "pip-audit", "target": ".", "state": "findings", "findings": 3, "gating": 1},
            {"tool": "bandit", "target": "api", "state": "clean", "findings": 0, "gating": 0},
            {"tool": "zizmor", "target": "", "state": "not-applicable", "findings": 0, "gating": 0},
        ],
        "gating": [gating()],
    }
    return made | more


def finding(**more: Any) -> dict[str, Any]:
    """Return a finding of quality."""
    return {"tool": "ruff-check", "rule": "F401", "severity": "high", "path": "src/a.py", "line": 7} | more


def quality(**more: Any) -> dict[str, Any]:
    """Return a red payload of quality."""
    made = begin("quality", "quality", "failed") | {
        "scope": "new",
        "totals": {"findings": 2, "old": 4, "complaints": 0, "files": 12},
        "tools": [
            {"tool": "source", "state": "clean", "findings": 0, "old": 0},
            {"tool": "mypy", "state": "findings", "findings": 0, "old": 4},
            {"tool": "ruff-check", "state": "findings", "findings": 2, "old": 0},
        ],
        "findings": [finding(), finding(path="", line=0, rule="")],
    }
    return made | more


ALL = {"coverage": coverage, "security": security, "quality": quality}
