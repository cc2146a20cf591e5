"""The values that facts, decide and report of ci-frontend share."""

from __future__ import annotations

from dataclasses import dataclass

from ci_actions.kit.errors import Exit, worst


@dataclass(frozen=True, kw_only=True)
class Step:
    """One command: what it is for, how it ended, and the end of what it printed.

    `code` is negative for a signal, None when it was stopped for being late.
    """

    name: str
    command: str
    code: int | None
    lines: tuple[str, ...] = ()
    seconds: float = 0.0

    @property
    def ok(self) -> bool:
        """Whether it exited with 0."""
        return self.code == 0


@dataclass(frozen=True, kw_only=True)
class Built:
    """A file that fits a glob; `fresh` if this run wrote it."""

    path: str
    bytes: int
    fresh: bool


@dataclass(frozen=True, kw_only=True)
class Fit:
    """What fits one glob of the input `outputs`; `folders` are there although no file is in them."""

    glob: str
    files: tuple[Built, ...] = ()
    folders: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What was run, in order, and what it left; `appeared` are names in the folder that were not there before."""

    steps: tuple[Step, ...]
    fits: tuple[Fit, ...] = ()
    appeared: tuple[str, ...] = ()
    directory: str = ""


@dataclass(frozen=True, kw_only=True)
class Cause:
    """Why the run is not green: an exit code, what is wrong, what to do, and the lines of a command that say so."""

    code: Exit
    text: str
    advice: str = ""
    lines: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """The verdict and what it stands on; `built` are the files that this run wrote, each once."""

    facts: Facts
    causes: tuple[Cause, ...] = ()
    warnings: tuple[str, ...] = ()
    built: tuple[Built, ...] = ()

    @property
    def code(self) -> Exit:
        """The exit code."""
        return worst(cause.code for cause in self.causes)

    @property
    def bytes(self) -> int:
        """Size of what was built."""
        return sum(each.bytes for each in self.built)
