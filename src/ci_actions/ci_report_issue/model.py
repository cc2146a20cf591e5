"""The values that facts, decide, apply and report share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from ci_actions.kit.untrusted import Refused

# --- what the run left -----------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Section:
    """A part of a report; without rows there is nothing to say about it. All text is data."""

    title: str
    rows: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Critical:
    """A critical vulnerability; `url` is an https address, or empty."""

    id: str
    title: str
    url: str


@dataclass(frozen=True, kw_only=True)
class IssueReport:
    """What one workflow says of its run. `critical` is None where nobody could tell."""

    title: str
    result: str
    sections: tuple[Section, ...]
    critical: tuple[Critical, ...] | None

    @property
    def red(self) -> bool:
        """Whether something is to be mended."""
        return self.result in ("failed", "error")

    @property
    def green(self) -> bool:
        """Whether everything was looked at, and is well."""
        return self.result == "passed"

    @property
    def complete(self) -> bool:
        """Whether a vulnerability that it does not name is gone."""
        return self.result in ("passed", "failed") and self.critical is not None


@dataclass(frozen=True, kw_only=True)
class Run:
    """The run that is reported, which is this very run.

    `number` is what people see, `time` is now, in seconds since the epoch.
    """

    id: int
    number: str
    attempt: int
    workflow: str
    head: str
    url: str
    repository_url: str
    time: int

    @property
    def order(self) -> tuple[int, int]:
        """What tells the later of two runs."""
        return (self.id, self.attempt)


# --- what GitHub says ------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Marker:
    """The hidden first line of an issue.

    `key` says what it is about and `by` which workflow keeps it. `run`, `attempt` and `head` are of the last run that was
    written down; `first_…` of the first red one since it was green, `green` the commit of the last green one that is
    known, `reds` how many were red since. `sections` are digests of what was red. A line that somebody has changed has
    a key only.
    """

    key: str
    by: str = ""
    run: int = 0
    attempt: int = 0
    head: str = ""
    first_run: int = 0
    first_head: str = ""
    first_time: int = 0
    green: str = ""
    reds: int = 0
    sections: tuple[str, ...] = ()

    @property
    def order(self) -> tuple[int, int]:
        """What tells the later of two runs."""
        return (self.run, self.attempt)


@dataclass(frozen=True, kw_only=True)
class Issue:
    """An issue of ours. `closed` is when it was, in seconds since the epoch, 0 for an open one."""

    number: int
    id: int
    url: str
    title: str
    body: str
    marker: Marker
    closed: int = 0
    duplicate: bool = False

    @property
    def open(self) -> bool:
        """Whether it is open."""
        return not self.closed


# --- facts, plan, outcome --------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Facts:
    """Everything the decision stands on.

    `nothing` says why this run is not reported at all, `denied` what the token may not do; then `issues` is empty. `key`
    is that of the workflow's own issue.
    """

    run: Run
    key: str = ""
    nothing: str = ""
    denied: str = ""
    reports: tuple[IssueReport, ...] = ()
    refused: tuple[Refused, ...] = ()
    issues: tuple[Issue, ...] = ()


class State(Enum):
    """What is known of a subject."""

    RED = "red"
    GREEN = "green"
    UNKNOWN = "neither red nor green"


class Deed(Enum):
    """What becomes of an issue; the value says what was done."""

    CREATE = "created"
    UPDATE = "updated"
    REOPEN = "opened again"
    CLOSE = "closed"
    DUPLICATE = "closed as a duplicate"
    KEEP = "unchanged"
    LEAVE = "left"


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What is to be done about one subject: `about` names it, `why` says why it is left alone.

    `comment` is empty where nobody is to be told. `kept` is the issue that a duplicate is one of.
    """

    about: str
    key: str
    deed: Deed
    issue: Issue | None = None
    title: str = ""
    body: str = ""
    comment: str = ""
    why: str = ""
    kept: Issue | None = None


@dataclass(frozen=True, kw_only=True)
class Done:
    """What was done about one subject; `deed` is LEAVE with a reason where nothing was."""

    about: str
    key: str
    deed: Deed
    number: int = 0
    url: str = ""
    why: str = ""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What was decided, and once it is applied what was done.

    `why` explains the state of the run. `text` is what an issue says of a run that is red, whether one can be written or not.
    """

    facts: Facts
    state: State = State.UNKNOWN
    why: str = ""
    text: str = ""
    plans: tuple[Plan, ...] = ()
    done: Sequence[Done] | None = None
