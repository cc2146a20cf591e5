"""One gate of `ci-actions check` that has ended, as a value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ci_actions.kit.report import Result


@dataclass(frozen=True)
class Finished:
    """One gate that has ended: its report as the child wrote it, what else it said, and how long it took."""

    name: str
    report: Mapping[str, Any]
    said: str
    seconds: float

    @property
    def code(self) -> int:
        """The exit code in the report."""
        return int(self.report["exit-code"])

    @property
    def result(self) -> Result:
        """How it ended."""
        return Result(self.report["result"])
