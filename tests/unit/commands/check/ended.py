"""Gates that have ended, as values."""

from __future__ import annotations

from typing import Any

from ci_actions.commands.check.finished import Finished


def report(**more: Any) -> dict[str, Any]:
    return {
        "schema": "ci-actions-report/1", "capability": "coverage-gate", "result": "passed", "exit-code": 0, "headline": "h",
        "preface": [], "next-step": "", "outputs": {}, "annotations": [], "details": {}, **more,
    }  # fmt: skip


def finished(name: str, code: int, said: str = "said\n::error::x", **more: Any) -> Finished:
    result = {0: "passed", 1: "failed"}.get(code, "error")
    return Finished(name, report(capability=name, result=result, **{"exit-code": code, **more}), said, 1.5)
