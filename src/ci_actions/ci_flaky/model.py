"""The values that facts, decide and report share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ci_actions.ci_flaky.history import History, Moment, Past


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What was given, unread: the records of the shards by their paths, None for one that cannot be read.

    `history` is the earlier history as bytes, None where there is none; `problem` is why it cannot be read.
    """

    files: Mapping[str, bytes | None]
    history: bytes | None
    problem: str
    now: Moment


@dataclass(frozen=True, kw_only=True)
class Seen:
    """A test in trouble: in which shards, what was wrong at first, and its past with this run."""

    id: str
    shards: tuple[str, ...]
    message: str
    past: Past


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What the shards say together. `tests` is how many there are; `is_met` is the verdict.

    `before` are tests that were flaky earlier, and passed at once or failed now.
    """

    tests: int
    flaky: tuple[Seen, ...]
    failed: tuple[Seen, ...]
    before: tuple[tuple[str, Past], ...]
    history: History
    is_met: bool
    warnings: tuple[str, ...] = ()
