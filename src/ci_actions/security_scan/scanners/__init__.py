"""What every scanner has to say about itself: one interface, one module per scanner.

A module makes one `Scanner` of pure functions: whether it applies to what the repository holds, which processes it
takes, and what their native output means. Nothing here starts, reads or writes anything.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property

from ci_actions.findings.model import Finding
from ci_actions.kit.apart import Apart, one_by_one
from ci_actions.security_scan.config import Config
from ci_actions.security_scan.model import Marker, State, Trouble


class Pin(Enum):
    """Where a scanner comes from: an environment made of its hashed lock, or a binary with a pinned SHA-256."""

    LOCK = "hash-locked"
    BINARY = "sha256"


@dataclass(frozen=True, kw_only=True)
class Tree:
    """What the repository holds, as far as it is looked at.

    `files` are tracked or not ignored, relative to the git root `root`, without what `paths` and `exclude` leave out.
    `everything` are all of them. `read` returns a file's bytes, None when it cannot be read. `revisions` are the
    arguments that make git list the commits to look at, `commits` how many of them change a file, `cut_off` says why
    commits may be missing. `merges` are those of two branches that differ from both, and `shows_merges` is whether this
    git can tell what they bring in by themselves. `git` is false outside of a repository. `installed` are names and
    versions in the Python environment of the job, called `environment`.
    """

    root: str = "."
    directory: str = ""
    files: tuple[str, ...] = ()
    everything: tuple[str, ...] = ()
    sizes: Mapping[str, int] = field(default_factory=dict)
    read: Callable[[str], bytes | None] = lambda _: None
    git: bool = True
    revisions: tuple[str, ...] = ()
    commits: int = 0
    cut_off: str = ""
    merges: int = 0
    shows_merges: bool = True
    installed: tuple[tuple[str, str], ...] = ()
    environment: str = ""

    @cached_property
    def looked_at(self) -> frozenset[str]:
        """The files, for quick questions."""
        return frozenset(self.files)


@dataclass(frozen=True, kw_only=True)
class Choice:
    """Whether a scanner has something to look at, why, and what."""

    applies: bool
    reason: str
    files: tuple[str, ...] = ()


def chosen(reason: str, files: Sequence[str] = ()) -> Choice:
    """Return the choice to run a scanner, on these files where it takes files."""
    return Choice(applies=True, reason=reason, files=tuple(files))


def not_chosen(reason: str) -> Choice:
    """Return the choice not to run a scanner."""
    return Choice(applies=False, reason=reason)


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a scanner works: its program (or the `bin` of its environment), a folder of its own, the cache it may use.

    `python` is the interpreter of its environment, `agent` the program of ours that it may run. `jobs` says into how
    many processes a scan may be divided, `apart` reads what they print, `home` is where the user's credentials for
    registries lie. `read` returns what a file below `cache` holds, `modified` when it was written, None where there is
    none.
    """

    program: str
    folder: str
    cache: str
    python: str = ""
    jobs: int = 1
    home: str = ""
    agent: str = ""
    apart: Apart = one_by_one
    read: Callable[[str], bytes | None] = lambda _: None
    modified: Callable[[str], float | None] = lambda _: None


@dataclass(frozen=True, kw_only=True)
class Ask:
    """One scan that is to be made: `files` are those the scanner chose, `target` is `.` or an image."""

    config: Config
    tree: Tree
    place: Place
    files: tuple[str, ...] = ()
    target: str = "."
    now: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Task:
    """One process of a scan, started at the git root.

    `output` is the file that it writes instead of standard output. `asked` is what it was asked to look at. `weight`
    tells roughly how long it takes, in seconds: the longest begins first. One that `waits` for a network most of the
    time takes no processor away from the others.
    """

    argv: tuple[str, ...]
    asked: tuple[str, ...] = ()
    stdin: bytes = b""
    output: str = ""
    env: Mapping[str, str] = field(default_factory=dict)
    weight: float = 1.0
    waits: bool = False


@dataclass(frozen=True, kw_only=True)
class Ended:
    """How one process ended. `code` is negative for a signal, None when it took too long; `flooded` when it said too much."""

    asked: tuple[str, ...] = ()
    code: int | None = 0
    output: bytes = b""
    errors: bytes = b""
    flooded: bool = False
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    minutes: float = 0


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What the native output of a scan means.

    `secrets` are values that the scanner saw: whoever emits anything hides them first.
    """

    findings: tuple[Finding, ...] = ()
    examined: int = 0
    gaps: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    markers: int = 0
    bare_markers: tuple[Marker, ...] = ()
    held_back: int = 0
    database: str = ""
    database_age_hours: float | None = None
    secrets: tuple[str, ...] = ()
    trouble: Trouble = Trouble.EVIDENCE

    @property
    def state(self) -> State:
        """Incomplete with any gap; clean only where something was looked at."""
        if self.gaps or not self.examined:
            return State.INCOMPLETE
        return State.FINDINGS if self.findings else State.CLEAN


class NoAnswer(Exception):
    """A scan failed: `reason` says how, in a sentence; `trouble` whose fault that is."""

    def __init__(self, reason: str, trouble: Trouble = Trouble.EVIDENCE) -> None:
        super().__init__(reason)
        self.reason = reason
        self.trouble = trouble


@dataclass(frozen=True, kw_only=True, eq=False)
class Scanner:
    """One scanner.

    `applies` looks at what there is. `tasks` are the processes of one scan, `classify` is what they say; it raises
    NoAnswer where exit code, output and counts do not agree. `targets` are what is scanned, one scan each. A scanner
    is found in the lock or among the pinned binaries by `source`. One that `needs_network` has no database that could
    be kept.
    """

    name: str
    pin: Pin
    unit: str
    applies: Callable[[Config, Tree], Choice]
    tasks: Callable[[Ask], tuple[Task, ...]]
    classify: Callable[[Ask, Sequence[Ended]], Reading]
    source: str = ""
    needs_network: bool = False
    targets: Callable[[Config], tuple[str, ...]] = lambda _: (".",)

    @property
    def lock(self) -> str:
        """The name of its lock, or of its binary among the pins."""
        return self.source or self.name
