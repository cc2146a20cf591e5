"""The values that rules, judgement and output share."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from ci_actions.workflows.document import Place

if TYPE_CHECKING:
    from ci_actions.commands.doctor.files import File
    from ci_actions.commands.doctor.repository import Repository


class Level(Enum):
    """How a finding counts: a problem turns the answer red, a remark does not."""

    PROBLEM = "problem"
    REMARK = "remark"


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Said:
    """What a rule says about one place of a file; `level` where it differs from that of the rule."""

    place: Place
    message: str
    fix: str
    level: Level | None = None


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Rule:
    """One question to one file of a repository, and what is said of it in the documentation.

    `question` is what the rule asks; `why` says what happens otherwise, or where the rule stops.
    """

    id: str
    question: str
    why: str
    ask: Callable[[File, Repository], Iterator[Said]]
    level: Level = Level.PROBLEM


@dataclass(frozen=True, kw_only=True)
class Found:
    """A finding. `reason` is why it is accepted, for one that a comment suppresses."""

    path: str
    place: Place
    rule: str
    level: Level
    message: str
    fix: str
    reason: str = ""

    @property
    def key(self) -> tuple[str, Place, str, str]:
        """What findings are sorted by: file, place, rule."""
        return (self.path, self.place, self.rule, self.message)


@dataclass(frozen=True, kw_only=True)
class Judged:
    """The answer: what was looked at, what was found, what a comment suppresses, and what cannot be read at all."""

    files: int
    found: Sequence[Found] = ()
    suppressed: Sequence[Found] = ()
    unreadable: Sequence[Found] = ()

    @property
    def problems(self) -> Sequence[Found]:
        """What turns the answer red."""
        return [each for each in self.found if each.level is Level.PROBLEM]

    @property
    def remarks(self) -> Sequence[Found]:
        """What does not."""
        return [each for each in self.found if each.level is Level.REMARK]
