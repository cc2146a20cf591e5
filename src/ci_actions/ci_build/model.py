"""The values that facts, decide and report of ci-build share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ci_actions.kit.errors import Exit, worst


@dataclass(frozen=True, kw_only=True)
class Ended:
    """How a program ended, and the lines it printed; `code` is None when it was stopped for being late."""

    code: int | None
    lines: tuple[str, ...] = ()
    seconds: float = 0.0

    @property
    def ok(self) -> bool:
        """Whether it exited with 0."""
        return self.code == 0


@dataclass(frozen=True, kw_only=True)
class Distribution:
    """One file that was built.

    `name` and `version` are what its metadata say; `named` is the version in the name of the file. `members` are the
    files inside, those of a source distribution without its top folder. `problem` says why it cannot be read.
    """

    file: str
    bytes: int = 0
    sha256: str = ""
    name: str = ""
    version: str = ""
    named: str = ""
    members: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    problem: str = ""

    @property
    def is_wheel(self) -> bool:
        """Whether it is a wheel, and no source distribution."""
        return self.file.endswith(".whl")


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What the build and `twine check` did, and what they left.

    `folder` is where the distributions lie, `older` what lay there before. `python` is the version that built, `asked`
    the one that the user named where that is too old for the builder. `epoch` is the time that stands in the archives
    where the backend takes one (SOURCE_DATE_EPOCH), empty for none.
    """

    build: Ended
    check: Ended | None = None
    distributions: tuple[Distribution, ...] = ()
    older: tuple[str, ...] = ()
    folder: str = ""
    python: str = ""
    asked: str = ""
    epoch: str = ""
    directory: str = ""


@dataclass(frozen=True, kw_only=True)
class Cause:
    """Why the run is not green: an exit code, what is wrong, what to do, and the lines of a program that say so."""

    code: Exit
    text: str
    advice: str = ""
    lines: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """The verdict and what it stands on; `judged` says of each distribution what `twine check` said."""

    facts: Facts
    causes: tuple[Cause, ...] = ()
    warnings: tuple[str, ...] = ()
    version: str = ""
    name: str = ""
    judged: Mapping[str, str] = field(default_factory=dict)

    @property
    def code(self) -> Exit:
        """The exit code."""
        return worst(cause.code for cause in self.causes)

    @property
    def wheels(self) -> tuple[Distribution, ...]:
        """The wheels."""
        return tuple(each for each in self.facts.distributions if each.is_wheel)

    @property
    def sdists(self) -> tuple[Distribution, ...]:
        """The source distributions; one, if all is well."""
        return tuple(each for each in self.facts.distributions if not each.is_wheel)
