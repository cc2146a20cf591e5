"""The values that facts, decide, apply and report share. Times are seconds since the epoch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum


@dataclass(frozen=True, kw_only=True)
class Cache:
    """A cache as GitHub lists it; `version` is a digest of its paths and how it is packed."""

    id: int
    ref: str
    key: str
    version: str
    created: float
    used: float
    size: int


class Fate(Enum):
    """What is known of the branch or pull request that a cache belongs to."""

    ALIVE = "is there"
    GONE = "is gone"
    #: It could not be asked: then nothing is concluded from it.
    UNKNOWN = "is unknown"


@dataclass(frozen=True, kw_only=True)
class Facts:
    """All caches, and the fate of each ref that has any. `denied` is what the token may not do."""

    now: float
    default_branch: str = ""
    caches: tuple[Cache, ...] = ()
    fates: Mapping[str, Fate]
    problems: tuple[str, ...] = ()
    denied: str = ""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A cache to delete, and why."""

    cache: Cache
    why: str


@dataclass(frozen=True, kw_only=True)
class Done:
    """What came of a plan: `left` says why the cache is still there."""

    plan: Plan
    left: str = ""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What is deleted now, what waits for the next run, and once it is applied what was done."""

    facts: Facts
    plans: tuple[Plan, ...] = ()
    waiting: tuple[Plan, ...] = ()
    kept: int = 0
    done: Sequence[Done] | None = None
