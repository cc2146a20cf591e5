"""Facts as values, for the tests of what is pure."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ci_actions.findings.model import Finding, Kind, Region, Severity
from ci_actions.quality.model import Answer, Environment, Facts, Plan, State, ToolRun

ENVIRONMENT = Environment(
    python="/p/.venv/bin/python",
    version="3.13.1",
    prefix="/p/.venv",
    scripts="/p/.venv/bin",
    how=".venv",
    versions={"ruff": "0.17.5"},
)


def finding(path: str = "a.py", line: int = 1, rule: str = "F401", **more: Any) -> Finding:
    """Return a finding, with a fingerprint made of what it is."""
    made: dict[str, Any] = {
        "tool": "ruff-check",
        "rule": rule,
        "kind": Kind.CODE,
        "severity": Severity.HIGH,
        "message": "`os` imported but unused",
        "path": path,
        "region": Region(line, 8, line, 10) if line else None,
        "fingerprint": f"{rule} {path} {line}",
    }
    return Finding(**{**made, **more})


def run(*findings: Finding, tool: str = "ruff-check", **more: Any) -> ToolRun:
    """Return a tool that came to its end."""
    made = ToolRun(
        tool=tool,
        state=State.FINDINGS if findings else State.CLEAN,
        reason="[tool.ruff] in pyproject.toml",
        version="0.17.5",
        answer=Answer(findings=findings, files=frozenset({"a.py", "b.py"})),
        eligible=2,
        seconds=1.26,
    )
    return replace(made, **more)


def facts(*runs: ToolRun, **more: Any) -> Facts:
    """Return facts with these tools."""
    made = Facts(
        runs=runs or (run(),),
        environment=ENVIRONMENT,
        plan=Plan(
            digest="0123456789ab", parts={"python": "3.13.1", "files": "aa", "ruff-check": "0.17.5 bb"}
        ),
        files=2,
        head="1a2b3c4d" * 5,
    )
    return replace(made, **more)
