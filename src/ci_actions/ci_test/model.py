"""The values that facts, decide and report share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum


class State(Enum):
    """What became of a test; the words of `shard.json`."""

    PASSED = "passed"
    FAILED = "failed"
    ERROR = "error"
    SKIPPED = "skipped"
    XFAILED = "xfailed"
    XPASSED = "xpassed"
    RERUN_PASSED = "rerun-passed"


#: Of a test that ran several times under one name the first of these counts.
WORST_FIRST = (
    State.FAILED,
    State.ERROR,
    State.RERUN_PASSED,
    State.PASSED,
    State.XPASSED,
    State.XFAILED,
    State.SKIPPED,
)
BAD = (State.FAILED, State.ERROR)


@dataclass(frozen=True, kw_only=True)
class Trouble:
    """Where and how something failed. `file` is absolute, later relative to the git root; empty where nobody knows."""

    id: str
    message: str = ""
    text: str = ""
    file: str = ""
    line: int = 0


@dataclass(frozen=True, kw_only=True)
class Test:
    """A test of this shard. `ran` tells whether it came to its end; `seconds` are those of its last attempt.

    `times` is how often we ran it; of one that passed only then `trouble` is what was wrong at first.
    """

    __test__ = False

    id: str
    state: State
    seconds: float = 0.0
    ran: bool = True
    trouble: Trouble | None = None
    reason: str = ""
    times: int = 1


@dataclass(frozen=True, kw_only=True)
class Collection:
    """What pytest collected, after the project's own selection, and which part of it is this shard's.

    `shares` are number and seconds of every shard's tests, `divided` the files that are in several of them, `unknown`
    how many tests have no recorded time, `deselected` how many the project itself left out.
    """

    count: int
    sha256: str
    mine: tuple[str, ...]
    aliases: Mapping[str, str] = field(default_factory=dict)
    deselected: int = 0
    divided: tuple[str, ...] = ()
    unknown: int = 0
    shares: tuple[tuple[int, float], ...] = ()


@dataclass(frozen=True, kw_only=True)
class Recorded:
    """What the agent wrote down. `finished` tells whether pytest came to its end, `running` what it ran when it did not.

    `collections` differ where workers collected different tests. `started` is False where Python never came so far.
    `exited` is whether it also ended by itself, after everything that plugins do at the end. `beside` is how many failures
    pytest counted that are no test's.
    """

    started: bool = False
    python: str = ""
    interpreter: str = ""
    has_pytest: bool = True
    pytest: str = ""
    coverage: str = ""
    coverage_problem: str = ""
    no_cov: bool = False
    fail_under_ignored: bool = False
    collections: tuple[Collection, ...] = ()
    tests: Mapping[str, Test] = field(default_factory=dict)
    uncollected: tuple[Trouble, ...] = ()
    internal_error: str = ""
    finished: bool = False
    exited: bool = False
    beside: int = 0
    running: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Again:
    """One more run of tests that had failed: which were asked for, how the process ended, what the agent wrote down."""

    asked: tuple[str, ...]
    code: int | None
    recorded: Recorded


@dataclass(frozen=True, kw_only=True)
class Facts:
    """Everything the decision stands on.

    `code` is how the process ended, negative for a signal, None where it was stopped after the timeout. `tail` are the
    last lines it printed. `data_files` are coverage.py's, `copied` the other coverage reports, `missing` the globs of
    which none is there or none was written by this run. `again` are the runs of the tests that failed, in their order.
    """

    id: str
    python: str
    how: str
    command: str
    code: int | None
    seconds: float
    recorded: Recorded
    again: tuple[Again, ...] = ()
    junit: str = ""
    tail: tuple[str, ...] = ()
    data_files: tuple[str, ...] = ()
    copied: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    folder: str = ""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """The verdict and what it rests on.

    `problems` keep it from a verdict, `complaints` count against the tests beside those that failed. `tests` are
    exactly those of this shard. `not_run` of them did not begin.
    """

    facts: Facts
    tests: tuple[Test, ...]
    problems: tuple[str, ...] = ()
    complaints: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    not_run: int = 0

    @property
    def bad(self) -> tuple[Test, ...]:
        """Tests that failed or had an error, and ran."""
        return tuple(each for each in self.tests if each.state in BAD and (each.ran or each.trouble))

    @property
    def flaky(self) -> tuple[Test, ...]:
        """Tests that passed only when they were run again, by us or by a plugin of the project."""
        return tuple(each for each in self.tests if each.state is State.RERUN_PASSED)

    def number(self, *states: State) -> int:
        """Return how many tests that ran ended so."""
        return sum(each.state in states and (each.ran or each.trouble is not None) for each in self.tests)
