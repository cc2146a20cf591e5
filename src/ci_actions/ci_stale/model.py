"""The values that facts, decide, apply and report share. Times are seconds since the epoch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

#: The hidden first line of what we write, by which we know it again.
MARK = "<!-- ci-actions: stale -->"


@dataclass(frozen=True, kw_only=True)
class Item:
    """An open issue or pull request. `updated` is GitHub's: any activity, that of robots too."""

    number: int
    title: str
    is_pull: bool
    created: float
    updated: float
    labels: tuple[str, ...] = ()
    milestone: str = ""
    assignees: tuple[str, ...] = ()
    draft: bool = False
    url: str = ""

    def has(self, label: str) -> bool:
        """Whether it has a label; GitHub ignores case."""
        return label.casefold() in (each.casefold() for each in self.labels)


@dataclass(frozen=True, kw_only=True)
class History:
    """What happened to an item that is marked: when it was marked (None: nobody knows), and when somebody did something
    last: a comment, a review, a commit, a reopening of a person.
    """

    marked: float | None
    activity: float | None = None
    told: bool = False


@dataclass(frozen=True, kw_only=True)
class Facts:
    """Items that may be stale, histories of those that are marked, by number. `denied` is what the token may not do."""

    now: float
    items: tuple[Item, ...] = ()
    histories: Mapping[int, History]
    unknown: Mapping[int, str]
    denied: str = ""


class Deed(Enum):
    """What is to be done."""

    MARK = "mark"
    CLOSE = "close"
    UNMARK = "unmark"

    @property
    def operations(self) -> int:
        """How many calls change something: a comment goes with a mark, and with a closing."""
        return 1 if self is Deed.UNMARK else 2


@dataclass(frozen=True, kw_only=True)
class Plan:
    """One deed, and why."""

    item: Item
    deed: Deed
    why: str


@dataclass(frozen=True, kw_only=True)
class Done:
    """What came of a plan: `left` says why nothing was done."""

    plan: Plan
    left: str = ""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What is to be done now, what waits for the next run, and once it is applied what was done."""

    facts: Facts
    plans: tuple[Plan, ...] = ()
    waiting: tuple[Plan, ...] = ()
    spared: Mapping[str, int]
    done: Sequence[Done] | None = None
