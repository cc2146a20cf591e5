"""The values that facts, decide and report share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from ci_actions.workflows.shards import Record


@dataclass(frozen=True)
class File:
    """A `shard.json`: where it lies, and its bytes, None when it cannot be read."""

    path: str
    content: bytes | None


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What was given, unread. `files` is None when no folder of shards was named.

    `earlier` are the durations of earlier runs, `earlier_problem` is why they cannot be used.
    """

    needs: str
    plan: str
    files: tuple[File, ...] | None = None
    earlier: Mapping[str, float] = field(default_factory=dict)
    earlier_problem: str = ""


# --- what was asked for --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Expected:
    """A shard that must bring its record."""

    id: str
    python: str
    shard: str


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What the plan said of a job."""

    run: bool
    why: str


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What had to run. `runner` is empty where the plan does not say what runs the tests."""

    jobs: Mapping[str, Asked]
    shards: tuple[Expected, ...] = ()
    runner: str = ""


# --- what came of it -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Ended:
    """How a job ended, in GitHub's word. `tolerated` is whether the workflow lets it fail, which only a step tells."""

    result: str
    is_step: bool = False
    tolerated: bool = False


class Verdict(Enum):
    """What a job's end means."""

    GREEN = "green"
    NOT_MET = "not met"
    UNKNOWN = "unknown"


@dataclass(frozen=True, kw_only=True)
class Judged:
    """One job: asked for or not (None: the plan does not know it), how it ended, and what that means.

    `why` is a sentence for a job that is not green, and the plan's reason for one that is; `follows` is the job whose
    end kept this one from running.
    """

    name: str
    asked: bool | None
    result: str
    verdict: Verdict
    why: str
    follows: str = ""


@dataclass(frozen=True, kw_only=True)
class Proof:
    """What the records prove: `problems` keep them from proving anything, `failures` are tests that did not pass.

    `notes` are what should be known besides; `complete` is whether every collected test ran.
    """

    records: tuple[Record, ...] = ()
    problems: tuple[str, ...] = ()
    failures: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    complete: bool = False


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """The verdict on the whole run. `durations` is None when nothing was timed."""

    jobs: tuple[Judged, ...]
    plan: Plan
    proof: Proof
    durations: Mapping[str, float] | None
    warnings: tuple[str, ...] = ()
