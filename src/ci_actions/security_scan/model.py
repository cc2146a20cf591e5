"""The values that facts, decide and report share: what each scanner did, and what it found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property

from ci_actions.findings.model import Finding, Severity
from ci_actions.findings.suppressions import Suppression
from ci_actions.kit.apart import Apart, one_by_one
from ci_actions.kit.errors import Exit, worst


class State(Enum):
    """How the run of one scanner ended.

    Only CLEAN, NOT_APPLICABLE and FINDINGS below the bar can be green, and SKIPPED: what `auto` would have chosen and
    cannot have here, for the reason it gives. A scanner that the user names is FAILED then.
    """

    CLEAN = "clean"
    FINDINGS = "findings"
    INCOMPLETE = "incomplete"
    FAILED = "failed"
    NOT_APPLICABLE = "not-applicable"
    SKIPPED = "skipped"


class Trouble(Enum):
    """What kept a scanner from an answer: its evidence (exit 3), or what lies outside of this machine (exit 4)."""

    EVIDENCE = "evidence"
    ENVIRONMENT = "environment"


@dataclass(frozen=True, kw_only=True)
class Marker:
    """A remark in the source that tells a scanner to look away, like `# nosec`."""

    path: str
    line: int = 0
    text: str = ""


@dataclass(frozen=True, kw_only=True)
class Scan:
    """What one scanner said about one target.

    `target` is `.` for the repository, else an image. `reason` is one sentence: why it ran, why not, or what went wrong.
    `examined` counts what it looked at, in `unit`s. `gaps` are sentences, one for everything that it did not look at;
    an INCOMPLETE scan has some, and its findings still count. `markers` counts native suppressions that it honoured,
    `bare_markers` are those of them that name no rule. `held_back` are the findings that the scanner's own baseline or
    ignore list holds back, as a number. `pin` says what was verified before it ran, `database` which data it used.
    No text here holds a secret.
    """

    tool: str
    state: State
    reason: str
    target: str = "."
    version: str = ""
    pin: str = ""
    findings: tuple[Finding, ...] = ()
    examined: int = 0
    unit: str = "files"
    gaps: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    markers: int = 0
    bare_markers: tuple[Marker, ...] = ()
    held_back: int = 0
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    database: str = ""
    database_age_hours: float | None = None
    exit_code: int | None = None
    trouble: Trouble | None = None

    @property
    def ran(self) -> bool:
        """Whether the scanner was started."""
        return self.state not in (State.NOT_APPLICABLE, State.SKIPPED)


@dataclass(frozen=True, kw_only=True, eq=False)
class Facts:
    """Everything the decision stands on.

    `sources` are the texts of the files that have findings, as fingerprints need them (`fingerprints.decoded`):
    never emitted. `renames` leads from the new path of a file to its old one. For `scope: new` `before` are the
    findings of the base with their `before_sources`, None where they could not be had, for the reason in
    `before_problem`; without a reason there is no change to judge. `apart` does what is much at once.
    `suppressions` is the file of suppressions, None when there is none, `suppressions_before` that of the base.
    """

    scans: tuple[Scan, ...]
    sources: Mapping[str, str] = field(default_factory=dict)
    before: tuple[Finding, ...] | None = None
    before_sources: Mapping[str, str] = field(default_factory=dict)
    renames: Mapping[str, str] = field(default_factory=dict)
    before_problem: str = ""
    base: str = ""
    base_how: str = ""
    head: str = ""
    blob_url: str = ""
    directory: str = ""
    now: float = 0.0
    apart: Apart = one_by_one
    suppressions: bytes | None = None
    suppressions_before: bytes | None = None
    loosened: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A finding and what it means: whether it turns the run red, or what keeps it from that, in a few words.

    `suppression` is the entry that holds for it, `expired` one that did.
    """

    finding: Finding
    gates: bool
    held_back: str = ""
    suppression: Suppression | None = None
    expired: Suppression | None = None
    new: bool = True

    @property
    def suppressed(self) -> bool:
        """Whether somebody answers for it."""
        return self.suppression is not None


@dataclass(frozen=True, kw_only=True)
class Cause:
    """Why the run is not green: an exit code, what is wrong, what to do; `short` says the same in a headline."""

    code: Exit
    text: str
    advice: str = ""
    short: str = ""


@dataclass(frozen=True, kw_only=True)
class Tally:
    """How many findings of one scan are left after duplicates were taken out."""

    total: int = 0
    gating: int = 0
    suppressed: int = 0
    severities: Mapping[Severity, int] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, eq=False)
class Outcome:
    """The verdict and what it stands on.

    `causes` come in the order of their weight, the one that decides the exit code first. `warnings` must be read before
    the verdict is believed. `duplicates` counts, by tool, the findings that another tool had already. Of the
    suppressions, `expired` count no more although their findings are there, `unused` fit nothing, `expiring` end soon.
    """

    facts: Facts
    judged: tuple[Judged, ...] = ()
    causes: tuple[Cause, ...] = ()
    warnings: tuple[str, ...] = ()
    loosened: tuple[str, ...] = ()
    duplicates: Mapping[str, int] = field(default_factory=dict)
    expired: tuple[Suppression, ...] = ()
    unused: tuple[Suppression, ...] = ()
    expiring: tuple[Suppression, ...] = ()

    @property
    def code(self) -> Exit:
        """The exit code."""
        return worst(cause.code for cause in self.causes)

    @cached_property
    def gating(self) -> tuple[Judged, ...]:
        """The findings that turn the run red."""
        return tuple(each for each in self.judged if each.gates)

    @cached_property
    def suppressed(self) -> tuple[Judged, ...]:
        """The findings that somebody answers for."""
        return tuple(each for each in self.judged if each.suppressed)

    @property
    def held_back(self) -> int:
        """How many findings a suppression, or a scanner's own baseline, holds back."""
        return len(self.suppressed) + sum(scan.held_back for scan in self.facts.scans)

    def of(self, scan: Scan) -> tuple[Judged, ...]:
        """Return the findings of a scan that are left after duplicates were taken out."""
        return self._of.get((scan.tool, scan.target), ())

    def tally(self, scan: Scan) -> Tally:
        """Return how many they are."""
        mine = self.of(scan)
        return Tally(
            total=len(mine),
            gating=sum(each.gates for each in mine),
            suppressed=sum(each.suppressed for each in mine),
            severities=Counter(each.finding.severity for each in mine),
        )

    @cached_property
    def _of(self) -> Mapping[tuple[str, str], tuple[Judged, ...]]:
        parts: dict[tuple[str, str], list[Judged]] = {
            (scan.tool, scan.target): [] for scan in self.facts.scans
        }
        # A finding that names a target of which there is no scan is one of the first of its tool: none is ever lost.
        first = {tool: (tool, target) for tool, target in reversed(parts)}
        for each in self.judged:
            key = (each.finding.tool, each.finding.target or ".")
            own = key if key in parts else first.get(key[0], next(iter(parts)))
            parts[own].append(each)
        return {key: tuple(mine) for key, mine in parts.items()}
