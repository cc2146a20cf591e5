"""Pure: how the gates of `ci-actions check` ended, as values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ci_actions.kit.errors import Exit, worst
from ci_actions.kit.report import SCHEMA, Result


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

    @property
    def new(self) -> str:
        """How many findings the change brought, as the gate says it; empty where it counts none."""
        return self._output("findings-new")

    @property
    def old(self) -> str:
        """How many findings were there before; empty where the gate does not tell."""
        new, together = self.new, self._output("findings-all")
        return str(max(int(together) - int(new), 0)) if new.isdecimal() and together.isdecimal() else ""

    @property
    def files(self) -> str:
        """How many files it read; empty where it counts none."""
        return self._output("files-checked")

    @property
    def plan_hash(self) -> str:
        """What tells two runs apart: tools, versions, settings and files; empty where the gate has none."""
        return self._output("plan-hash") or str(self.report["details"].get("plan-hash", ""))

    @property
    def mendable(self) -> bool:
        """Whether the gate has a patch that mends something."""
        return self.code == Exit.NOT_MET and bool(self._output("patch-file"))

    def _output(self, name: str) -> str:
        return str(self.report["outputs"].get(name, ""))


@dataclass(frozen=True, kw_only=True)
class Round:
    """One run of all gates: those that came to an end, and those that were stopped or never started."""

    finished: tuple[Finished, ...]
    stopped: tuple[str, ...] = ()
    notes: tuple[str, ...] = field(default=())

    @property
    def code(self) -> Exit:
        """The exit code that decides."""
        return worst(each.code for each in self.finished)

    @property
    def red(self) -> tuple[Finished, ...]:
        """The gates that did not pass."""
        return tuple(each for each in self.finished if each.code != Exit.PASSED)


def without_report(name: str, why: str) -> Mapping[str, Any]:
    """Return the report of a gate that gave none: the defect is ours."""
    return _error(
        name,
        Exit.DEFECT,
        f"{name}: {why}. This is a defect of ours.",
        "Please open an issue with what it printed.",
    )


def measured_elsewhere(name: str, unlike: Iterable[str]) -> Mapping[str, Any]:
    """Return the report of a gate whose evidence was measured with other files than those that are staged."""
    names = sorted(unlike)
    shown = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
    return _error(
        name,
        Exit.CANNOT_JUDGE,
        f"{name}: cannot judge what is staged: the tests ran with edits or files that are not ({shown})",
        "Stage them or put them away with `git stash --keep-index --include-untracked`, run the tests, and check again.",
    )


def _error(name: str, code: Exit, headline: str, next_step: str) -> Mapping[str, Any]:
    return {
        "schema": SCHEMA,
        "capability": name,
        "result": Result.ERROR.value,
        "exit-code": int(code),
        "headline": headline,
        "preface": [],
        "next-step": next_step,
        "outputs": {},
        "annotations": [],
        "details": {},
    }
