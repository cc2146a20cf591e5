"""The values that facts, decide and report share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from ci_actions.project.upgrades import Step


class Kind(Enum):
    """What is used."""

    ACTION = "action"
    WORKFLOW = "workflow"
    HOOK = "hook"
    IMAGE = "image"


@dataclass(frozen=True, kw_only=True)
class Pin:
    """One thing that is used in one version, wherever it is: `places` are `file:line`.

    `repository` is `owner/name`, or the whole address where no API of ours can be asked; `said` is the version that stands
    behind a commit as a comment.
    """

    kind: Kind
    repository: str
    ref: str
    said: str = ""
    places: tuple[tuple[str, int], ...] = ()
    problem: str = ""

    @property
    def is_commit(self) -> bool:
        """Whether it names a full commit, which nobody can move."""
        return len(self.ref) in (40, 64) and set(self.ref) <= set("0123456789abcdef")

    @property
    def name(self) -> str:
        """How messages call it."""
        return f"{self.repository}@{self.ref[:12] if self.is_commit else self.ref}"


@dataclass(frozen=True, kw_only=True)
class Tags:
    """The tags of a repository with the commits that they mean, or why they are not known."""

    commits: Mapping[str, str]
    problem: str = ""
    unreachable: bool = False


@dataclass(frozen=True, kw_only=True)
class Facts:
    """Everything that is used, and the tags of the repositories that it is from."""

    pins: tuple[Pin, ...] = ()
    tags: Mapping[str, Tags]
    warnings: tuple[str, ...] = ()


class State(Enum):
    """What a pin is."""

    WRONG = "not what it says"
    UNKNOWN = "unknown"
    UNPINNED = "not pinned"
    OUTDATED = "outdated"
    CURRENT = "up to date"


@dataclass(frozen=True, kw_only=True)
class Row:
    """A pin judged: the version it is, the newest one, how far apart they are, and what else is to be said."""

    pin: Pin
    state: State
    version: str = ""
    newest: str = ""
    step: Step = Step.NONE
    why: str = ""
    gates: bool = False


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """Everything judged, worst first."""

    facts: Facts
    rows: tuple[Row, ...] = ()
