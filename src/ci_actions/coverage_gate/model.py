"""The values that facts, decide and report share: what was measured, what changed, what was decided."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from math import ceil
from types import MappingProxyType

from ci_actions.kit.diff import ChangedFile
from ci_actions.kit.lines import Lines

NOTHING: Mapping[int, int] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class LineBranches:
    """The branches that leave one line.

    `arcs` and `taken` are the identities of the branches, where the format tells them; else None,
    and only the counts are known.
    """

    covered: int
    total: int
    arcs: frozenset[str] | None = None
    taken: frozenset[str] | None = None

    @classmethod
    def of_arcs(cls, arcs: frozenset[str], taken: frozenset[str]) -> LineBranches:
        """Return the branches of a line whose identities are known; `taken` is a subset of `arcs`."""
        return cls(len(taken), len(arcs), arcs, taken)


NO_BRANCHES: Mapping[int, LineBranches] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class FileCoverage:
    """What is known of one source file: in a report under the path the report wrote, later under ours.

    `measured` and `hit` are sets of lines (see `kit.lines`), `hit` a subset of `measured`.
    `branches` holds only lines from which more than one branch leaves. `hits` holds execution counts
    and only where somebody asked for them. `excluded` are lines a tool was told not to measure.
    `digest` is the SHA-256 (hex) of the source with LF line ends, where the format tells it.
    """

    path: str
    measured: Lines
    hit: Lines
    branches: Mapping[int, LineBranches] = field(default_factory=lambda: NO_BRANCHES)
    hits: Mapping[int, int] = field(default_factory=lambda: NOTHING)
    excluded: Lines = 0
    digest: str = ""


@dataclass(frozen=True, kw_only=True)
class CoverageReport:
    """One report file as it was read, paths as it wrote them.

    `sources` are the folders its paths may be relative to. `timestamp` is in seconds since the epoch.
    `relative_to_packages` says that paths are `package/File` below unknown source roots (JaCoCo) or
    start with a module path (Go), so that they must be found by their ending among the files of the repository.
    `parts` are the files it was combined from, where it is not one file; `others` are measured files whose
    numbers nobody asked for. `problems` are reasons why it is partial, `cautions` what has to be read before its
    numbers are believed.
    """

    file: str
    format: str
    tool: str = ""
    interpreter: str = ""
    timestamp: float | None = None
    sources: tuple[str, ...] = ()
    files: tuple[FileCoverage, ...] = ()
    has_branches: bool = False
    relative_to_packages: bool = False
    parts: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    cautions: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The report files behind it."""
        return self.parts or (self.file,)


# --- what was found --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Checkout:
    """A measured file as it lies in the work tree: how many lines it has at most, and their digest where it was asked for."""

    lines: int
    digest: str = ""


@dataclass(frozen=True, kw_only=True)
class Baseline:
    """What coverage was: totals of one earlier run, by metric, and where that comes from."""

    tallies: Mapping[str, Tally]
    sha: str = ""
    where: str = ""


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Facts:
    """Everything the decision stands on.

    `reports` hold paths relative to the git root, `files` are all of them merged. `change` is None without a
    change to judge; then `no_change` says why, or `change_problem` why it could not be found out.
    `others` are measured files whose numbers nobody needs. `checkout` holds the
    measured files that exist; `texts` the lines of changed files that may be source.
    """

    reports: tuple[CoverageReport, ...]
    files: Mapping[str, FileCoverage]
    others: frozenset[str] = frozenset()
    everything: bool = True
    change: tuple[ChangedFile, ...] | None = None
    no_change: str = ""
    change_problem: str = ""
    base: str = ""
    base_how: str = ""
    head: str = ""
    blob_url: str = ""
    directory: str = ""
    checkout: Mapping[str, Checkout] = field(default_factory=dict)
    texts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    source: tuple[str, ...] = ()
    head_time: float | None = None
    now: float = 0.0
    baseline: Baseline | None = None
    baseline_note: str = ""
    update_baseline: bool = False
    history: tuple[str, ...] = ()
    loosened: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    conflicts: tuple[str, ...] = ()

    @property
    def measured(self) -> frozenset[str]:
        """The paths of all measured files."""
        return self.others.union(self.files)


# --- what was decided ----------------------------------------------------------------------------


class Verdict(Enum):
    """What one gate says."""

    MET = "met"
    NOT_MET = "not met"
    NOT_APPLICABLE = "n/a"
    NOT_ENFORCED = "not enforced"


@dataclass(frozen=True)
class Tally:
    """Covered units of all units: lines, branches or both. A half covered line makes `covered` a half."""

    covered: int | Decimal
    total: int

    def __add__(self, other: Tally) -> Tally:
        return Tally(self.covered + other.covered, self.total + other.total)

    def reaches(self, minimum: Decimal) -> bool:
        """Whether the share is at least `minimum` per cent; compared exactly, never rounded."""
        # Fraction: a product of Decimals is rounded to 28 digits.
        return self.covered * 100 >= Fraction(minimum) * self.total

    def needed(self, minimum: Decimal) -> int | Decimal:
        """Return how many more units must be covered to reach `minimum` per cent; halves where halves count."""
        wanted = Fraction(minimum) * self.total / 100
        if isinstance(self.covered, int):
            return max(ceil(wanted) - self.covered, 0)
        return max(Decimal(ceil(wanted * 2)) / 2 - self.covered, Decimal(0))

    @property
    def percent(self) -> str:
        """The share with two decimals, rounded down: what fails at 85 never reads `85.00`. Without units: `n/a`."""
        if not self.total:
            return "n/a"
        hundredths = int(self.covered * 10000 // self.total)
        return f"{hundredths // 100}.{hundredths % 100:02}"


@dataclass(frozen=True)
class FileLines:
    """Lines of one file, for people: which lines to cover, which are missing."""

    path: str
    lines: Lines


@dataclass(frozen=True, kw_only=True)
class GateResult:
    """One gate: what it measured, what it needs, what it says.

    `needed` is how many more units must be covered, `remedy` the fewest lines that do it, for the whole gate
    or, with scope per-file, for all `offenders` together. `delta` is in percentage points against the baseline.
    """

    name: str
    scope: str
    metric: str
    verdict: Verdict
    minimum: Decimal
    tally: Tally | None = None
    reason: str = ""
    needed: int | Decimal = 0
    remedy: tuple[FileLines, ...] = ()
    offenders: tuple[tuple[str, Tally], ...] = ()
    delta: str = ""


@dataclass(frozen=True, kw_only=True)
class ChangedCoverage:
    """What is known of one changed file: its changed lines that are measured, missed, and only partly covered.

    `status` is git's letter (A, M, R, …). `tally` is what the file adds to the new-code gate.
    """

    path: str
    status: str
    measured: Lines
    missed: Lines
    partial: Lines
    tally: Tally


@dataclass(frozen=True, kw_only=True)
class Unmeasured:
    """A changed source file in no report; `closest` is the measured path that looks most like it."""

    path: str
    lines: Lines
    closest: str = ""


@dataclass(frozen=True, kw_only=True)
class Read:
    """One report as it was read, for the list of what the verdict stands on."""

    file: str
    format: str
    tool: str
    files: int
    lines: int
    age: float | None


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Outcome:
    """The whole decision.

    `problems` are reasons for having no verdict, `loosened` settings that the change itself made milder.
    `files` are all measured files with paths relative to the git root, in order of their paths.
    `base` and `head` are revisions; `base` is empty without a change, then `no_change` says why.
    """

    metric: str
    gates: tuple[GateResult, ...]
    overall: Tally
    lines: Tally
    branches: Tally
    critical: Tally | None
    new_code: Tally | None
    files: tuple[FileCoverage, ...]
    changed: tuple[ChangedCoverage, ...]
    unmeasured: tuple[Unmeasured, ...]
    reads: tuple[Read, ...]
    problems: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    loosened: tuple[str, ...] = ()
    cautions: tuple[str, ...] = ()
    base: str = ""
    base_how: str = ""
    no_change: str = ""
    head: str = ""
    blob_url: str = ""
    directory: str = ""
    baseline: Tally | None = None
    baseline_note: str = ""
    new_baseline: Mapping[str, object] | None = None
    history: str = ""
    now: float = 0.0
    everything: bool = True
