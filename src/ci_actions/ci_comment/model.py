"""The values that facts, decide, apply and report share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from ci_actions.kit.untrusted import Refused

# --- what a run left -------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Payload:
    """What one gate left for the comment; everything in it comes from the change, and may be made up."""

    capability: str
    id: str
    result: str


@dataclass(frozen=True)
class Counts:
    """Covered units of all units; a line that is half covered makes `covered` a half. `percent` is ours: of these."""

    covered: float
    total: int

    @property
    def percent(self) -> str:
        """The share with two decimals, rounded down; without units `n/a`."""
        if not self.total:
            return "n/a"
        hundredths = int(self.covered * 2) * 10000 // (self.total * 2)
        return f"{hundredths // 100}.{hundredths % 100:02}"


@dataclass(frozen=True, kw_only=True)
class Gate:
    """One gate of coverage-gate; `minimum` and `delta` are decimals as text."""

    name: str
    scope: str
    verdict: str
    minimum: str
    value: Counts | None
    delta: str


@dataclass(frozen=True, kw_only=True)
class ChangedFile:
    """The changed lines of one file: how many were measured, and the ranges that no test covers."""

    path: str
    lines: int
    missed: tuple[tuple[int, int], ...]


@dataclass(frozen=True, kw_only=True)
class Coverage(Payload):
    """What coverage-gate found. The totals count what the lists are cut from."""

    metric: str
    gates: tuple[Gate, ...]
    changed: tuple[ChangedFile, ...]
    changed_total: int
    unmeasured: tuple[str, ...]
    unmeasured_total: int


@dataclass(frozen=True, kw_only=True)
class Scan:
    """One scanner with what it looked at."""

    tool: str
    target: str
    state: str
    findings: int
    gating: int


@dataclass(frozen=True, kw_only=True)
class Gating:
    """A finding of security-scan that is to be mended."""

    tool: str
    rule: str
    severity: str
    path: str
    line: int
    package: str
    version: str
    fixed: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Security(Payload):
    """What security-scan found: `gating` is cut from `gating_total`."""

    findings_total: int
    gating_total: int
    suppressed: int
    duplicates: int
    scans: tuple[Scan, ...]
    gating: tuple[Gating, ...]


@dataclass(frozen=True, kw_only=True)
class Tool:
    """One tool of quality; `findings` count against the change, `old` do not."""

    tool: str
    state: str
    findings: int
    old: int


@dataclass(frozen=True, kw_only=True)
class Finding:
    """A finding of quality that counts against the change."""

    tool: str
    rule: str
    severity: str
    path: str
    line: int


@dataclass(frozen=True, kw_only=True)
class Quality(Payload):
    """What quality found: `findings` is cut from `findings_total`."""

    scope: str
    findings_total: int
    old: int
    complaints: int
    files: int
    tools: tuple[Tool, ...]
    findings: tuple[Finding, ...]


# --- what GitHub says ------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Run:
    """The run whose results are shown, from the event `workflow_run`.

    `branch` and the name of the head's repository are the author's; everything else is GitHub's.
    """

    id: int
    number: int
    attempt: int
    event: str
    conclusion: str
    head: str
    branch: str
    owner: str
    repository: str
    url: str
    fork: bool

    @property
    def order(self) -> tuple[int, int]:
        """What tells the later of two runs of one commit."""
        return (self.id, self.attempt)


@dataclass(frozen=True, kw_only=True)
class PullRequest:
    """A pull request as GitHub lists it; `ours` says that both of its sides are the repositories of the run."""

    number: int
    open: bool
    head: str
    ours: bool


@dataclass(frozen=True, kw_only=True)
class Marker:
    """The hidden first line of a comment: which run it shows, and which gates it has ever shown."""

    run: int = 0
    attempt: int = 0
    head: str = ""
    sections: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Comment:
    """Our own comment on a pull request."""

    id: int
    url: str
    body: str
    marker: Marker


# --- facts, plan, outcome --------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Facts:
    """Everything the decision stands on.

    `nothing` says why there is nothing to do, and then the rest is empty. `others` are payloads of other comments,
    counted. `comments` has our comment on each pull request, None where there is none yet. `denied` says what the token
    may not do.
    """

    run: Run
    nothing: str = ""
    payloads: tuple[Payload, ...] = ()
    refused: tuple[Refused, ...] = ()
    others: int = 0
    pulls: tuple[PullRequest, ...] = ()
    comments: tuple[tuple[int, Comment | None], ...] = ()
    denied: str = ""
    own_run_url: str = ""


class Deed(Enum):
    """What becomes of the comment on one pull request."""

    CREATE = "create"
    UPDATE = "update"
    KEEP = "keep"
    LEAVE = "leave"


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What is to be done on one pull request; `why` says why a comment is left alone."""

    pull: int
    deed: Deed
    body: str = ""
    comment: Comment | None = None
    why: str = ""


@dataclass(frozen=True, kw_only=True)
class Done:
    """What was done on one pull request: `created`, `updated`, `unchanged` or `left`, and then why."""

    pull: int
    what: str
    comment: int = 0
    url: str = ""
    why: str = ""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What was decided, and once it is applied what was done."""

    facts: Facts
    plans: tuple[Plan, ...] = ()
    body: str = ""
    done: Sequence[Done] | None = None
